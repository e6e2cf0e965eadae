import API
import Collectors
import Datasets
import HTTPServing
import NodeStorage
import Replication
import Wire

extension Diagnosis {
  static let backlogOldMilliseconds: Int64 = 3_600_000
  /// While acks come, an old backlog is on its way. In milliseconds.
  static let progressOldMilliseconds: Int64 = 10 * 60_000
  /// A spool is looked at every few seconds; a large file moves on in batches. In milliseconds.
  static let spoolQuietMilliseconds: Int64 = 2 * 60_000
  /// How long a file that nobody could answer for is worth a word, in milliseconds.
  private static let untoldRecentMilliseconds: Int64 = 86_400_000
  /// Files come by the month; this long somebody may look after one, in milliseconds.
  private static let misspeltRecentMilliseconds: Int64 = 7 * 86_400_000

  var backlog: [Finding] {
    guard case .established = phase, let oldest = store.oldestUnacknowledged,
      now.millisecondsSince(oldest) > Self.backlogOldMilliseconds,
      progressAt.map({ now.millisecondsSince($0) > Self.progressOldMilliseconds }) ?? true
    else { return [] }
    return [
      finding(
        .backlogStuck, .warning,
        ("Tersambung, tetapi datanya tidak sampai.", "Connected, and yet data does not get across."),
        evidence: "\(store.backlogChanges), \(InstantText.of(oldest))",
        consequence: ("Pusat melihat keadaan lama kantor ini.", "The centre sees an old state of this office."),
        remedy: (
          "Periksa kecepatan jaringan (ping, uplink.limit_bps di profil) dan pusat (di sana: simpulctl doctor).",
          "Check the line's speed (ping, uplink.limit_bps in the profile) and the centre (there: simpulctl doctor)."
        ), since: oldest)
    ]
  }

  var aside: [Finding] {
    let list = ("Lihat dan putuskan: simpulctl quarantine list.", "Look and decide: simpulctl quarantine list.")
    var found: [Finding] = []
    if store.heldBack > 0 {
      found.append(
        finding(
          .heldBack, .warning, ("Ada perubahan yang ditahan.", "Some changes are held back."),
          evidence: "\(store.heldBack)",
          consequence: ("Isinya belum berlaku di mana pun.", "They have no effect anywhere."),
          remedy: (
            "Sebabnya: simpulctl quarantine list. Admin pusat yang memutuskan, di sana: simpulctl quarantine list --node "
              + "\(node); untuk kantor yang bergabung lagi: simpulctl nodes accept-backlog \(node) --reason \"ALASAN\". "
              + "Yang tertulis trimmed atau damaged tidak ada di pusat: catat lagi, lalu tutup di sini: simpulctl "
              + "quarantine discard ID --reason \"ALASAN\".",
            "Why: simpulctl quarantine list. The centre's admin decides, there: simpulctl quarantine list --node \(node); "
              + "for an office that joined again: simpulctl nodes accept-backlog \(node) --reason \"TEXT\". What says "
              + "trimmed or damaged is not at the centre: enter it again, then close it here: simpulctl quarantine "
              + "discard ID --reason \"TEXT\"."
          )))
    }
    if store.heldValues > 0 {
      found.append(
        finding(
          .heldValues, .warning, ("Ada isian berkas yang menunggu keputusan.", "Values of files wait for a person."),
          evidence: "\(store.heldValues)",
          consequence: ("Yang tampak tetap isian kantor.", "What the office wrote is what shows."),
          remedy: (
            "\(list.0) Berkas yang benar: simpulctl quarantine take value/N --reason \"ALASAN\". Kantor yang benar: "
              + "simpulctl quarantine discard value/N --reason \"ALASAN\".",
            "\(list.1) The file is right: simpulctl quarantine take value/N --reason \"TEXT\". The office is right: "
              + "simpulctl quarantine discard value/N --reason \"TEXT\"."
          )))
    }
    if store.recovered > 0 {
      found.append(
        finding(
          .recovered, .warning,
          ("Pusat yang dipulihkan tidak mengenal sebagian isi.", "A restored centre does not know some of the data."),
          evidence: "\(store.recovered)",
          consequence: ("Hanya ada di kantor ini.", "It is only at this office."),
          remedy: (
            "\(list.0) Semua sekaligus: simpulctl quarantine requeue --all --code recovered --reason \"ALASAN\".",
            "\(list.1) All at once: simpulctl quarantine requeue --all --code recovered --reason \"TEXT\"."
          )))
    }
    if store.conflictsOpen > 0 {
      found.append(
        finding(
          .conflictsOpen, .info, ("Ada konflik yang menunggu keputusan.", "Conflicts wait for a decision."),
          evidence: "\(store.conflictsOpen)",
          consequence: ("Kedua isian disimpan.", "Both values are kept."),
          remedy: ("simpulctl conflicts list", "simpulctl conflicts list")))
    }
    return found
  }

  var intake: [Finding] {
    var found: [Finding] = []
    if !hasDefinitions {
      found.append(
        finding(
          .definitionsMissing, .critical,
          ("Definisi data belum datang dari pusat.", "The definitions have not come from the centre."),
          evidence: "-", consequence: ("Tidak ada yang dapat dicatat.", "Nothing can be recorded."),
          remedy: ("Sambungkan kantor ini ke pusat.", "Connect this office to the centre.")))
    }
    if let spool { found += findings(of: spool) }
    return found
  }

  // MARK: Spool

  private static let notTaken = ("Berkas tidak diambil.", "No file is taken.")

  private func findings(of spool: SpoolStanding.Facts) -> [Finding] {
    var found = hindrances(of: spool)
    if spool.waitingCount > 0 {
      found.append(
        finding(
          .spoolWaiting, .warning, subject: spool.directory,
          ("Ada berkas spool yang menunggu.", "Files wait in the spool."), evidence: "\(spool.waitingCount)",
          consequence: ("Isinya belum tercatat.", "They are not recorded yet."),
          remedy: ("Sebab tiap berkas: simpulctl status --json.", "Why, for each file: simpulctl status --json.")))
    }
    found += spool.failed.map { refused($0, in: spool) }
    found += spool.misspelt.filter { now.millisecondsSince($0.at) < Self.misspeltRecentMilliseconds }
      .map { misspelt($0) }
    if let at = spool.untoldAt, now.millisecondsSince(at) < Self.untoldRecentMilliseconds {
      found.append(withoutLease(at, in: spool))
    }
    return found
  }

  /// What keeps the collector from the spool, or from a directory in it.
  private func hindrances(of spool: SpoolStanding.Facts) -> [Finding] {
    var found: [Finding] = []
    if let failure = spool.failure {
      found.append(
        finding(
          .spoolUnreadable, .critical, subject: spool.directory,
          ("Direktori spool tidak dapat dibaca.", "The spool directory cannot be read."), evidence: failure,
          consequence: Self.notTaken,
          remedy: (
            "Buat atau perbaiki haknya: install -d -o simpul -g simpul-spool -m 2770 \(spool.directory)",
            "Make it or mend its mode: install -d -o simpul -g simpul-spool -m 2770 \(spool.directory)"
          )))
    } else if let quiet = quietSince(spool) {
      found.append(
        finding(
          .spoolStalled, .critical, subject: spool.directory,
          ("Pengambil berkas spool tidak bergerak.", "The collector of the spool stands still."),
          evidence: InstantText.of(quiet), consequence: Self.notTaken,
          remedy: (
            "Periksa disk atau berbagi jaringan di baliknya (ls \(spool.directory)), lalu systemctl restart simpul-agent.",
            "Check the disk or network share behind it (ls \(spool.directory)), then systemctl restart simpul-agent."
          ), since: quiet))
    }
    // Without the spool itself nothing below it can be had either: that is said once.
    for blocked in spool.failure == nil ? spool.notWritable : [] {
      let directory = blocked.directory.isEmpty ? spool.directory : "\(spool.directory)/\(blocked.directory)"
      found.append(
        finding(
          .spoolNotWritable, .critical, subject: directory,
          ("Agen tidak boleh menulis di direktori spool ini.", "The agent may not write to this spool directory."),
          evidence: blocked.words,
          consequence: (
            "Berkas di dalamnya tidak diambil: tidak dapat dipindahkan ke done atau failed.",
            "Files in it are not taken: they cannot be moved to done or failed."
          ),
          remedy: (
            "chgrp simpul-spool \(directory); chmod 2770 \(directory)",
            "chgrp simpul-spool \(directory); chmod 2770 \(directory)"
          )))
    }
    return found
  }

  private func withoutLease(_ at: Timestamp, in spool: SpoolStanding.Facts) -> Finding {
    finding(
      .spoolWithoutLease, .warning, subject: spool.directory,
      (
        "Kernel tidak memberi tahu apakah berkas spool masih ditulis.",
        "The kernel does not tell whether files of the spool are still written to."
      ),
      evidence: InstantText.of(at),
      consequence: (
        "Berkas yang ditulis lambat dapat diambil sebelum selesai; sisanya diambil kemudian.",
        "A file that is written slowly may be taken before it is whole; the rest is taken later."
      ),
      remedy: (
        "Pasang unit dari paket (CAP_LEASE): systemctl cat simpul-agent. Atau simpan dengan nama .tmp, lalu ganti nama.",
        "Use the package's unit (CAP_LEASE): systemctl cat simpul-agent. Or write as .tmp, then rename."
      ))
  }

  private func misspelt(_ misspelt: SpoolStanding.Misspelt) -> Finding {
    if misspelt.isRefused {
      return finding(
        .columnsMisspelt, .warning, subject: misspelt.dataset.text,
        (
          "Berkas terakhir ditolak seluruhnya karena judul kolomnya.",
          "The last file was refused as a whole because of its headings."
        ),
        evidence: misspelt.words,
        consequence: ("Tidak ada barisnya yang disimpan.", "None of its rows is kept."),
        remedy: (
          "Perbaiki judul di berkas itu (di failed/\(misspelt.dataset)), lalu taruh lagi.",
          "Mend the headings of that file (in failed/\(misspelt.dataset)) and drop it again."
        ), since: misspelt.at)
    }
    return finding(
      .columnsMisspelt, .warning, subject: misspelt.dataset.text,
      ("Judul kolom di berkas terakhir mungkin salah tulis.", "Columns of the last file may be misspelt."),
      evidence: misspelt.words,
      consequence: (
        "Isinya disimpan di kolom yang tidak dikenal, bukan di tempat yang dimaksud.",
        "Their values are kept in a field that nobody knows, not where they were meant to be."
      ),
      remedy: (
        "Perbaiki judulnya dan taruh berkas itu lagi; atau nyatakan kolomnya di agents/datasets/\(misspelt.dataset).toml.",
        "Mend the headings and drop the file again; or declare the field in agents/datasets/\(misspelt.dataset).toml."
      ), since: misspelt.at)
  }

  /// Since when nothing has moved, if that is too long.
  private func quietSince(_ spool: SpoolStanding.Facts) -> Timestamp? {
    let last = spool.activityAt ?? startedAt
    return now.millisecondsSince(last) > Self.spoolQuietMilliseconds ? last : nil
  }
}
