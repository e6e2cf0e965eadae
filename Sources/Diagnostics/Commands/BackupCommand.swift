import API
import ArgumentParser
import Datasets
import Foundation
import HTTPRequesting
import HTTPTypes

struct BackupCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Make a checked backup of the command centre in one file.",
    discussion: """
      The centre goes on working meanwhile. The file holds the whole store and the
      centre's key: whoever has it can read everything, so keep it as you would keep
      the server. It appears under its name once all of it is on the disk and was
      read again; from then on offices may forget what it holds. FILE.sha256 beside it
      is its checksum: keep the two together. To go back to it: simpul-aggregator
      restore.

      Examples:
        simpulctl backup /mnt/cadangan/simpul-2026-11-21.sqlite
        simpulctl backup /mnt/cadangan/simpul.sqlite --replace --json
      """)

  /// The whole store is copied and checked before the first byte comes.
  static let timeoutDefault = Duration.seconds(1800)

  @OptionGroup var options: GlobalOptions

  @Argument(help: "The file to write; best on another disk.")
  var file: String

  @Flag(help: "Take the place of a file of that name.")
  var replace = false

  func run(in session: Session) async throws {
    let language = session.language
    let client = try session.client()
    if replace { try BackupTarget.check(file, language) }
    let target = try AtomicFile(path: file, replaces: replace, language: language)
    if session.console.errorIsTerminal {
      try session.note(language("cadangan sedang dibuat dan diperiksa…", "the backup is being made and checked…"))
    }
    let headers = try await client.download(.backup) { bytes throws(CommandFailure) in try target.write(bytes) }
    guard let id = headers.value("Simpul-Backup"), let hash = headers.value("Simpul-Backup-SHA256") else {
      throw CommandFailure.foreign(endpoint: client.endpoint, language: language)
    }
    guard try target.hash() == hash else {
      throw CommandFailure(
        .problem,
        language(
          "\(file): yang terbaca kembali berbeda dari yang dikirim; cadangan tidak disimpan, periksa disk itu",
          "\(file): what was read again differs from what was sent; no backup was kept, check that disk"))
    }
    let checksum = BackupChecksum.path(of: file)
    // An older file's would call the new one damaged, if this ended between the two.
    unlink(checksum)
    try target.finish()
    let note = try AtomicFile(path: checksum, replaces: true, language: language)
    try note.write(BackupChecksum.note(hash, of: URL(fileURLWithPath: file).lastPathComponent))
    try note.finish()
    // From here on the centre counts on the file.
    let (reply, body) = try await client.reply(BackupReply.self, to: try .backupConfirmation(id, sha256: hash))
    if session.isJSON { try session.print(json: body) }
    if reply.damaged > 0 {
      throw CommandFailure(
        .problem,
        language(
          "\(file): ada, tetapi \(reply.damaged) isinya tidak cocok dengan checksum-nya: penyimpanan pusat rusak. Simpan juga "
            + "cadangan yang lebih lama, dan lihat simpulctl doctor; cadangan ini tidak dihitung",
          "\(file): it is there, but \(reply.damaged) rows in it do not match their checksums: the centre's store is damaged. "
            + "Keep the older backups too, and see simpulctl doctor; this one does not count"))
    }
    if session.isJSON { return }
    let count = session.quantity
    try session.print(
      line: language(
        "\(file): posisi \(count.count(Int(clamping: reply.position))), \(reply.nodes) kantor, "
          + "\(count.count(reply.records)) data, \(count.count(reply.occurrences)) kejadian; sudah diperiksa",
        "\(file): position \(count.count(Int(clamping: reply.position))), \(reply.nodes) offices, "
          + "\(count.count(reply.records)) records, \(count.count(reply.occurrences)) events; checked"))
  }
}
