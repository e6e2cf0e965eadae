import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Replication
import Storage
import Wire

extension CentreRoutes {
  var backupRoutes: [Route] {
    [
      Route(
        .post, "/api/v1/backup",
        "Makes a backup of the whole centre, its key included, and sends it; Simpul-Backup names it, "
          + "Simpul-Backup-SHA256 is its hash. It counts once it is confirmed.",
        answer: .file("application/vnd.sqlite3"), refusals: [409, 507], admits: .atLeast(.admin),
        handle: makeBackup),
      Route(
        .post, "/api/v1/backup/{backup}/confirmation",
        "Says that a backup is kept: what it holds need not be kept at the nodes any more.",
        body: .named("BackupConfirmation"), answer: .json(.named("BackupReply")), refusals: [409, 415],
        admits: .atLeast(.admin), handle: confirmBackup),
    ]
  }

  private func makeBackup(_ call: HTTPCall) async throws -> Response {
    let backups = context.backups
    let made: Backups.Made
    do {
      made = try await call.audited(.backup, "backup") { try await backups.make(now: context.now()) }
    } catch let problem as Backups.Problem {
      throw HTTPProblem(problem, call.language)
    } catch let error as StoreError where error.code == .damaged {
      call.logger.critical("backup: \(error)")
      throw HTTPProblem(
        .internalServerError, "damaged",
        BilingualText(
          id: "Penyimpanan pusat rusak; cadangan tidak dibuat. Jangan hapus cadangan lama, lihat journalctl.",
          en: "The centre's store is damaged; no backup was made. Keep the older ones and see journalctl."),
        language: call.language)
    }
    var headers: HTTPFields = [.contentType: "application/vnd.sqlite3", .cacheControl: "no-store"]
    if let name = HTTPField.Name("Simpul-Backup") { headers[name] = made.id }
    if let name = HTTPField.Name("Simpul-Backup-SHA256") { headers[name] = made.hash }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody(contentLength: Int(clamping: made.bytes)) { writer in
        let pieces = PieceWriter(writer)
        try await backups.send(made) { try await pieces.write($0) }
        try await pieces.finish()
      })
  }

  private func confirmBackup(_ call: HTTPCall) async throws -> Response {
    let confirmation = try await call.decoded(BackupConfirmation.self)
    let facts: BackupFacts
    do {
      // From here on offices let go of what they kept for the centre.
      facts = try await call.audited(.backup, "backup/\(call.parameter("backup")) confirmed") {
        try await context.backups.confirm(
          call.parameter("backup"), hash: confirmation.sha256, now: context.now())
      }
    } catch let problem as Backups.Problem {
      throw HTTPProblem(problem, call.language)
    }
    if facts.damaged > 0 {
      call.logger.critical("backup of a damaged store; it does not count", metadata: ["damaged": "\(facts.damaged)"])
    }
    call.logger.notice("backup", metadata: ["position": "\(facts.end.position)", "nodes": "\(facts.nodes)"])
    return try .json(BackupReply(facts))
  }
}

/// The writer of one answer, for a closure that is called from an actor; calls come one after the other.
///
/// Safe because `Backups.send` awaits each call before the next.
private final class PieceWriter: @unchecked Sendable {
  private var writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  func write(_ piece: Data) async throws { try await writer.write(ByteBuffer(bytes: piece)) }

  func finish() async throws { try await writer.finish(nil) }
}

extension BackupReply {
  init(_ facts: BackupFacts) {
    self.init(
      madeAt: InstantText.of(facts.madeAt), position: facts.end.position, epoch: "\(facts.end.epoch)",
      nodes: facts.nodes, records: facts.records, occurrences: facts.occurrences, damaged: facts.damaged)
  }
}

extension HTTPProblem {
  fileprivate init(_ problem: Backups.Problem, _ language: Language) {
    switch problem {
    case .busy:
      self.init(
        .conflict, "backup_busy",
        BilingualText(
          id: "Cadangan lain sedang dibuat; coba lagi nanti.", en: "Another backup is being made; try again later."),
        language: language)
    case .noRoom(let needed, let free):
      self.init(
        .insufficientStorage, "full",
        BilingualText(
          id: "Disk pusat perlu \(needed >> 20) MiB untuk membuat cadangan, tersisa \(free >> 20) MiB.",
          en: "The centre's disk needs \(needed >> 20) MiB to make a backup and has \(free >> 20) MiB."),
        language: language)
    case .unknown:
      self.init(
        .conflict, "backup_unknown",
        BilingualText(
          id: "Berkas ini bukan cadangan terakhir, atau isinya berbeda; buat cadangan lagi.",
          en: "That file is not the newest backup, or its bytes differ; make the backup again."),
        language: language)
    }
  }
}
