import CentreStorage
import Datasets
import Failpoints
import Foundation
import Hashing
import Storage
import Wire

/// Backups of the centre, one at a time: from making one to the word that it lies on a disk of its own.
///
/// The file is nameless as soon as it is open: however its sending ends, nothing of it stays here.
actor Backups {
  /// A backup that was made and is being sent, or was sent.
  struct Made: Sendable {
    let id: String
    let facts: BackupFacts
    let bytes: UInt64
    /// SHA-256 of the file, in hexadecimal.
    let hash: String
    fileprivate let file: FileHandle
  }

  enum Problem: Error {
    /// Another one is being made.
    case busy
    /// The store's size and what is free: it would not fit.
    case noRoom(needed: UInt64, free: UInt64)
    /// It is not the one that was made last, or its bytes differ from those that were sent.
    case unknown
  }

  private static let pieceBytes = 1 << 18

  private let store: CentreStore
  private let directory: String
  private let keyPath: String
  private let freeBytes: @Sendable () -> UInt64
  private var isMaking = false
  private var sent: Made?

  init(store: CentreStore, directory: String, keyPath: String, freeBytes: @escaping @Sendable () -> UInt64) {
    self.store = store
    self.directory = directory
    self.keyPath = keyPath
    self.freeBytes = freeBytes
  }

  /// What a crash in the middle of a backup left behind.
  nonisolated func removeLeftover() { try? FileManager.default.removeItem(atPath: path) }

  private nonisolated var path: String { directory + "/backup.sqlite" }

  /// - Throws: `Problem`, `StoreError`.
  func make(now: Timestamp) async throws -> Made {
    if isMaking { throw Problem.busy }
    isMaking = true
    defer { isMaking = false }
    removeLeftover()
    let needed = try await store.usedBytes()
    let free = freeBytes()
    guard free > needed else { throw Problem.noRoom(needed: needed, free: free) }
    let key = try String(contentsOfFile: keyPath, encoding: .utf8)
    let facts = try await store.makeBackup(at: path, secrets: [BackupSecret.key: key], now: now)
    Failpoint.backupMade.pass()
    defer { removeLeftover() }
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    let hash = try Self.hash(of: file)
    let bytes = try file.offset()
    try file.seek(toOffset: 0)
    sent = nil
    return Made(
      id: UUID().uuidString.lowercased(), facts: facts, bytes: bytes, hash: hash, file: file)
  }

  /// Gives the bytes piece by piece; the whole of them has to be taken before `confirm` counts.
  func send(_ made: Made, to take: @Sendable (Data) async throws -> Void) async throws {
    while let piece = try made.file.read(upToCount: Self.pieceBytes), !piece.isEmpty { try await take(piece) }
    try made.file.close()
    sent = made
  }

  /// SHA-256 of a file from where it is read next to its end, in hexadecimal.
  static func hash(of file: FileHandle) throws -> String {
    var hash = SHA256()
    while let piece = try file.read(upToCount: pieceBytes), !piece.isEmpty {
      piece.withUnsafeBytes { hash.update($0) }
    }
    return Hexadecimal.text(of: hash.finish())
  }

  /// - Parameter hash: SHA-256 of the file as it was read again where it is kept, in hexadecimal.
  func confirm(_ id: String, hash: String, now: Timestamp) async throws -> BackupFacts {
    guard let made = sent, made.id == id, made.hash == hash else { throw Problem.unknown }
    // One of a damaged store is kept, but offices go on keeping what they need to fill an older one up.
    if made.facts.damaged == 0 { try await store.confirm(made.facts, now: now) }
    Failpoint.backupConfirmed.pass()
    return made.facts
  }
}

/// Names of what a backup holds beside the store.
enum BackupSecret {
  /// The centre's key file: nodes know the centre by it.
  static let key = "aggregator.key"
}
