import CentreStorage
import Datasets
import Foundation
import HTTPServing
import Machine
import Replication
package import Settings
import Storage
import Transport
import Wire

/// `simpul-aggregator restore`: puts a backup in the place of the centre's store and key. What was there is set aside,
/// never deleted.
package struct Restoring: Sendable {
  private let settings: AggregatorSettings
  private let backupPath: String

  package init(settings: AggregatorSettings, backupPath: String) {
    self.settings = settings
    self.backupPath = backupPath
  }

  private var storePath: String { settings.storePath }
  private var keyPath: String { settings.keyPath }

  /// - Parameter isDryRun: checks everything and changes nothing.
  /// - Returns: lines that say what the backup holds and what became of what was there.
  /// - Throws: `AggregatorProblem`: 65 for a file that is no sound backup, 1 while the aggregator runs, 78 for an open
  ///   `data_dir`.
  package func run(isDryRun: Bool) throws -> [String] {
    let lock = try AggregatorRuntime.lock(settings)
    defer { withExtendedLifetime(lock) {} }
    // All work is done on a copy beside the store: the backup stays as it is.
    let prepared = storePath + ".restoring"
    defer { try? FileManager.default.removeItem(atPath: prepared) }
    let contents = try copy(to: prepared)
    var lines = [
      "backup of \(InstantText.of(contents.facts.madeAt)): position \(contents.facts.end.position), "
        + "\(contents.facts.nodes) offices, \(contents.facts.records) records, "
        + "\(contents.facts.occurrences) events and samples; every page of it is sound"
    ]
    if isDryRun {
      lines.append("dry run: nothing was changed")
      return lines
    }
    do {
      let act = AuditAct(
        caller: "simpul-aggregator restore", role: .admin, .restoreBackup, InstantText.of(contents.facts.madeAt))
      try BackupFile.prepare(prepared, noting: act, now: MachineClock.wall())
      lines += try setAside()
      try writeKey(contents)
      try move(prepared, storePath)
      try StoreFile.sync(storePath)
      try giveToOwner()
    } catch {
      throw AggregatorProblem(exitCode: 1, "\(error)")
    }
    lines.append("restored; start the aggregator: offices send again what it has lost")
    lines.append(
      "what the centre itself decided since then is gone (revocations, invitations, tokens, resolutions): look at "
        + "simpulctl nodes list and simpulctl tokens list, and revoke or invite again")
    return lines
  }

  private func copy(to path: String) throws -> BackupFile.Contents {
    if access(backupPath, R_OK) != 0, errno == EACCES {
      throw AggregatorProblem(exitCode: 77, "\(backupPath) cannot be read by this user: run this with sudo")
    }
    do {
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: backupPath, toPath: path)
      guard chmod(path, 0o600) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    } catch {
      throw AggregatorProblem(exitCode: 65, "\(backupPath) cannot be copied to \(path): \(error.localizedDescription)")
    }
    let contents: BackupFile.Contents
    do {
      contents = try BackupFile.read(path)
    } catch {
      throw AggregatorProblem(
        exitCode: 65, "\(backupPath): \(error); nothing was changed, try an older backup")
    }
    guard contents.secrets[BackupSecret.key] != nil else {
      throw AggregatorProblem(exitCode: 65, "\(backupPath) lacks the centre's key; nothing was changed")
    }
    return contents
  }

  /// Store and log move together: without its log a store would lose its newest transactions.
  private func setAside() throws -> [String] {
    let stamp = InstantText.of(MachineClock.wall()).filter { $0.isNumber || $0 == "T" }.prefix(15)
    var moved: [String] = []
    for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: storePath + suffix) {
      let aside = settings.dataDirectory + "/aggregator.before-restore-\(stamp).sqlite" + suffix
      try move(storePath + suffix, aside)
      if suffix.isEmpty { moved.append("the store that was there is \(aside)") }
    }
    return moved
  }

  /// Offices know the centre by its key: it comes back with the store.
  private func writeKey(_ contents: BackupFile.Contents) throws {
    let bytes = Array((contents.secrets[BackupSecret.key] ?? "").utf8)
    if try PrivateFile.read(keyPath) == bytes { return }
    if FileManager.default.fileExists(atPath: keyPath) {
      let stamp = UInt64(clamping: MachineClock.wall().milliseconds)
      try move(keyPath, keyPath + ".before-restore-\(stamp)")
    }
    try PrivateFile.replace(keyPath, with: bytes)
    _ = try CurveKeyPair.load(path: keyPath)
  }

  private func move(_ from: String, _ to: String) throws {
    guard rename(from, to) == 0 else {
      throw AggregatorProblem(exitCode: 1, "\(from) cannot be moved to \(to): \(String(cString: strerror(errno)))")
    }
  }

  /// Run by root for the daemon's user, the files are the daemon's.
  private func giveToOwner() throws {
    guard geteuid() == 0 else { return }
    let facts = try FileManager.default.attributesOfItem(atPath: settings.dataDirectory)
    guard let owner = facts[.ownerAccountID] as? NSNumber, let group = facts[.groupOwnerAccountID] as? NSNumber else {
      throw AggregatorProblem(exitCode: 1, "the owner of \(settings.dataDirectory) cannot be read")
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: settings.dataDirectory) {
      let path = settings.dataDirectory + "/" + name
      guard lchown(path, owner.uint32Value, group.uint32Value) == 0 else {
        throw AggregatorProblem(exitCode: 1, "\(path) cannot be given to the owner of \(settings.dataDirectory)")
      }
    }
  }
}
