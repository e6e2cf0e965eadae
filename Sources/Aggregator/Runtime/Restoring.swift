import API
import CentreStorage
import Datasets
import Foundation
import HTTPServing
import Machine
import Replication
import Services
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
  private var language: Language { settings.language }

  /// - Parameter isDryRun: checks everything and changes nothing; the aggregator may run meanwhile.
  /// - Returns: lines that say what the backup holds and what became of what was there.
  /// - Throws: `DaemonProblem`: 65 for a file that is no sound backup, 1 while the aggregator runs, 78 for an open
  ///   `data_dir`.
  package func run(isDryRun: Bool) throws -> [String] {
    if isDryRun {
      try checkReadable()
      let contents = try contents(of: backupPath)
      return [
        summary(of: contents.facts), checkedSummary, damagedSummary(of: contents.facts),
        language("hanya diperiksa: tidak ada yang diubah", "dry run: nothing was changed"),
      ]
    }
    let lock = try AggregatorRuntime.lock(settings)
    defer { withExtendedLifetime(lock) {} }
    // All work is done on a copy beside the store: the backup stays as it is.
    let prepared = storePath + ".restoring"
    defer { try? FileManager.default.removeItem(atPath: prepared) }
    let contents = try copy(to: prepared)
    var lines = [summary(of: contents.facts), checkedSummary, damagedSummary(of: contents.facts)]
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
      throw DaemonProblem(exitCode: 1, "\(error)")
    }
    lines.append(
      language(
        "pusat dikembalikan; jalankan simpul-aggregator: kantor-kantor mengirim ulang yang hilang di sini",
        "restored; start the aggregator: offices send again what it has lost"))
    lines.append(
      language(
        "yang diputuskan pusat sendiri sejak cadangan itu tidak ada lagi (pencabutan, undangan, token, keputusan konflik, "
          + "penggabungan data ganda dan pembatalannya): lihat simpulctl nodes list, simpulctl tokens list, dan simpulctl "
          + "duplicates list, lalu cabut, undang, atau putuskan lagi",
        "what the centre itself decided since then is gone (revocations, invitations, tokens, resolutions, merges of "
          + "duplicates and their undoing): look at simpulctl nodes list, simpulctl tokens list and simpulctl duplicates "
          + "list, and revoke, invite or decide again"))
    return lines
  }

  private func summary(of facts: BackupFacts) -> String {
    let at = InstantText.of(facts.madeAt)
    return language(
      "cadangan \(at): posisi \(facts.end.position), \(facts.nodes) kantor, \(facts.records) data, "
        + "\(facts.occurrences) kejadian dan pengukuran",
      "backup of \(at): position \(facts.end.position), \(facts.nodes) offices, \(facts.records) records, "
        + "\(facts.occurrences) events and samples")
  }

  private var checksumPath: String { BackupChecksum.path(of: backupPath) }

  /// What is known of its soundness: pages say nothing of a changed letter.
  private var checkedSummary: String {
    FileManager.default.fileExists(atPath: checksumPath)
      ? language(
        "utuh: isinya sama dengan saat dibuat (\(checksumPath))",
        "sound: the same as when it was made (\(checksumPath))")
      : language(
        "semua halamannya terbaca; tanpa \(checksumPath) tidak diketahui apakah isinya masih sama dengan saat dibuat",
        "every page of it can be read; without \(checksumPath) nobody knows whether it is still what was made")
  }

  /// A backup is as sound as the store that it was made of.
  private func damagedSummary(of facts: BackupFacts) -> String {
    facts.damaged == 0
      ? language("semua isinya cocok dengan checksum-nya", "every row matches its checksum")
      : language(
        "RUSAK: \(facts.damaged) isinya tidak cocok dengan checksum-nya; coba cadangan yang lebih lama",
        "DAMAGED: \(facts.damaged) rows do not match their checksums; try an older backup")
  }

  /// - Throws: `DaemonProblem` for a copy whose bytes are not those that the checksum beside the backup is of.
  private func compare(_ copy: String) throws {
    guard FileManager.default.fileExists(atPath: checksumPath) else { return }
    let note = FileManager.default.contents(atPath: checksumPath)
    let noted = note.flatMap { BackupChecksum.hash(in: String(decoding: $0, as: UTF8.self)) }
    guard let noted else {
      throw DaemonProblem(
        exitCode: 65,
        language(
          "\(checksumPath) tidak dapat dibaca atau bukan catatan sha256sum; tidak ada yang diubah. Pulihkan catatan itu, atau "
            + "pindahkan agar cadangan dipakai tanpa dibandingkan",
          "\(checksumPath) cannot be read or is no note of sha256sum; nothing was changed. Put it right, or move it away to "
            + "restore without comparing"))
    }
    // What is not there is told by whoever reads it.
    guard let file = FileHandle(forReadingAtPath: copy) else { return }
    guard try Backups.hash(of: file) == noted else {
      throw DaemonProblem(
        exitCode: 65,
        language(
          "\(backupPath) bukan lagi isi yang dicadangkan: berbeda dari \(checksumPath); tidak ada yang diubah, coba "
            + "cadangan yang lebih lama",
          "\(backupPath) is not what was backed up any more: it differs from \(checksumPath); nothing was changed, try an "
            + "older backup"))
    }
  }

  private func checkReadable() throws {
    guard access(backupPath, F_OK) == 0 || errno != ENOENT else {
      throw DaemonProblem(
        exitCode: 65, language("\(backupPath) tidak ada; periksa namanya", "there is no \(backupPath); check its name"))
    }
    if access(backupPath, R_OK) != 0, errno == EACCES {
      throw DaemonProblem(
        exitCode: 77,
        language(
          "\(backupPath) tidak boleh dibaca pengguna ini: jalankan dengan sudo",
          "\(backupPath) cannot be read by this user: run this with sudo"))
    }
  }

  private func copy(to path: String) throws -> BackupFile.Contents {
    try checkReadable()
    do {
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: backupPath, toPath: path)
      guard chmod(path, 0o600) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    } catch {
      throw DaemonProblem(
        exitCode: 65,
        language(
          "\(backupPath) tidak dapat disalin ke \(path) (\(error.localizedDescription)); periksa nama dan sisa disk",
          "\(backupPath) cannot be copied to \(path) (\(error.localizedDescription)); check its name and the free space"
        ))
    }
    return try contents(of: path)
  }

  /// - Parameter path: the backup's, or a copy's of it.
  private func contents(of path: String) throws -> BackupFile.Contents {
    try compare(path)
    let contents: BackupFile.Contents
    do {
      contents = try BackupFile.read(path)
    } catch {
      throw DaemonProblem(
        exitCode: 65,
        language(
          "\(backupPath) bukan cadangan yang utuh; tidak ada yang diubah, coba cadangan yang lebih lama (\(error))",
          "\(backupPath) is no sound backup; nothing was changed, try an older one (\(error))"))
    }
    guard contents.secrets[BackupSecret.key] != nil else {
      throw DaemonProblem(
        exitCode: 65,
        language(
          "\(backupPath) tidak berisi kunci pusat; tidak ada yang diubah, coba cadangan lain",
          "\(backupPath) lacks the centre's key; nothing was changed, try another backup"))
    }
    return contents
  }

  private func asidePath(_ stamp: String) -> String {
    settings.dataDirectory + "/aggregator.before-restore-\(stamp).sqlite"
  }

  /// Store and log move together: without its log a store would lose its newest transactions.
  private func setAside() throws -> [String] {
    let time = InstantText.of(MachineClock.wall()).filter { $0.isNumber || $0 == "T" }.prefix(15)
    // Two restores within a second: the first store that was set aside stays what it is.
    let stamp =
      (0...).lazy.map { $0 == 0 ? "\(time)" : "\(time)-\($0)" }.first { stamp in
        !FileManager.default.fileExists(atPath: asidePath(stamp))
      } ?? "\(time)"
    var moved: [String] = []
    for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: storePath + suffix) {
      let aside = asidePath(stamp) + suffix
      try move(storePath + suffix, aside)
      if suffix.isEmpty {
        moved.append(language("penyimpanan yang lama menjadi \(aside)", "the store that was there is \(aside)"))
      }
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
      throw DaemonProblem(
        exitCode: 1,
        language(
          "\(from) tidak dapat dipindah ke \(to): \(String(cString: strerror(errno)))",
          "\(from) cannot be moved to \(to): \(String(cString: strerror(errno)))"))
    }
  }

  /// Run by root for the daemon's user, the files are the daemon's.
  private func giveToOwner() throws {
    guard geteuid() == 0 else { return }
    let facts = try FileManager.default.attributesOfItem(atPath: settings.dataDirectory)
    guard let owner = facts[.ownerAccountID] as? NSNumber, let group = facts[.groupOwnerAccountID] as? NSNumber else {
      throw DaemonProblem(
        exitCode: 1,
        language(
          "pemilik \(settings.dataDirectory) tidak terbaca", "the owner of \(settings.dataDirectory) cannot be read"))
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: settings.dataDirectory) {
      let path = settings.dataDirectory + "/" + name
      guard lchown(path, owner.uint32Value, group.uint32Value) == 0 else {
        throw DaemonProblem(
          exitCode: 1,
          language(
            "\(path) tidak dapat diserahkan kepada pemilik \(settings.dataDirectory); jalankan dengan sudo",
            "\(path) cannot be given to the owner of \(settings.dataDirectory); run this with sudo"))
      }
    }
  }
}
