import Datasets
import HTTPServing
import NodeStorage
import Replication
package import Transport
import Wire

/// Why the last attempt to reach the centre failed.
package enum LinkFailure: Sendable, Equatable {
  case connect(String)
  case handshake(HandshakeFailure)
  case lost(String)
}

/// What an agent knows of itself when it is asked what is wrong; what follows from it is in its extensions. Pure.
struct Diagnosis: Sendable {
  var node: NodeName
  var phase: NodeSession.Phase
  var failure: LinkFailure?
  /// How far each way to the centre goes; only tried while no session stands.
  var probes: [(endpoint: String, probe: LinkProbe)] = []
  var store: NodeStoreStatus
  var reserveBytes: UInt64
  var clockOffsetMilliseconds: Int64?
  /// Files of the spool that wait, and why it cannot be read.
  var filesWaiting = 0
  var spoolProblem: String?
  var hasDefinitions: Bool
  var now: Timestamp

  var findings: [Finding] { link + clock + disk + backlog + aside + intake }
}

extension Diagnosis {
  static let clockOffMillisecondsMax: UInt64 = 5 * 60_000
  static let backlogOldMilliseconds: Int64 = 3_600_000
  private static let diskFreeBytesMin: UInt64 = 1 << 30

  private func finding(
    _ code: String, _ severity: AlertsReply.Alert.Severity, subject: String? = nil, _ what: (String, String),
    evidence: String, consequence: (String, String), remedy: (String, String)
  ) -> Finding {
    Finding(
      code, severity, subject: subject ?? node.text, BilingualText(id: what.0, en: what.1), evidence: evidence,
      consequence: BilingualText(id: consequence.0, en: consequence.1),
      remedy: BilingualText(id: remedy.0, en: remedy.1))
  }

  // MARK: The link

  private static let keptHere = (
    "Data tetap tercatat di kantor ini, tetapi tidak sampai di pusat.",
    "Data is recorded at this office all the same, but does not reach the centre."
  )

  private var link: [Finding] {
    switch phase {
    case .established, .stopped: return []
    case .refused(let refusal): return [refused(refusal)]
    case .waiting, .connecting, .greeting: break
    }
    let dead = probes.compactMap { unreachable($0.endpoint, $0.probe) }
    guard dead.count == probes.count else { return [unwelcome] }
    return dead
  }

  private func refused(_ refusal: Refusal) -> Finding {
    switch refusal.code {
    case .revoked:
      return finding(
        "revoked", .critical, ("Kunci kantor ini dicabut.", "This office's key was revoked."),
        evidence: refusal.reason, consequence: Self.keptHere,
        remedy: (
          "Minta undangan baru dari admin pusat, lalu simpul-agent join.",
          "Ask the centre's admin for a new invitation, then simpul-agent join."
        ))
    case .fenced:
      return finding(
        "fenced", .critical,
        ("Disk kantor ini berjalan dua kali (klon).", "This office's disk runs twice (a clone)."),
        evidence: refusal.reason, consequence: Self.keptHere,
        remedy: (
          "Matikan salah satunya; yang dipakai diundang ulang oleh admin pusat.",
          "Stop one of them; the centre's admin invites the one that stays again."
        ))
    default:
      return finding(
        "session_refused", .critical, ("Pusat menolak kantor ini.", "The centre refuses this office."),
        evidence: "\(refusal.code.word): \(refusal.reason)", consequence: Self.keptHere,
        remedy: (
          "Sampaikan alasan itu kepada admin pusat; versi agen: simpul-agent --version.",
          "Tell the centre's admin that reason; the agent's version: simpul-agent --version."
        ))
    }
  }

  private func unreachable(_ endpoint: String, _ probe: LinkProbe) -> Finding? {
    switch probe {
    case .reachable: return nil
    case .unresolved(let words):
      return finding(
        "name_resolution", .critical, subject: endpoint,
        ("Nama pusat tidak ditemukan.", "The centre's name cannot be resolved."), evidence: words,
        consequence: Self.keptHere,
        remedy: (
          "Periksa aggregator.endpoints di agent.toml dan DNS (/etc/resolv.conf).",
          "Check aggregator.endpoints in agent.toml, and DNS (/etc/resolv.conf)."
        ))
    case .unreachable(let words):
      return finding(
        "tcp", .critical, subject: endpoint,
        ("Pusat tidak dapat dihubungi.", "The centre cannot be connected to."), evidence: words,
        consequence: Self.keptHere,
        remedy: (
          "Periksa kabel, alamat, rute (ping) dan firewall; lalu apakah simpul-aggregator berjalan di pusat.",
          "Check cable, address, route (ping) and firewall; then whether simpul-aggregator runs at the centre."
        ))
    }
  }

  /// The way is open, and yet no session stands.
  private var unwelcome: Finding {
    guard case .handshake(let failure)? = failure else {
      return finding(
        "no_session", .warning, ("Belum ada sesi dengan pusat.", "No session with the centre stands yet."),
        evidence: phase.sentence, consequence: Self.keptHere,
        remedy: (
          "Tunggu sebentar; bila tetap begini, lihat journalctl -u simpul-agent.",
          "Wait a moment; if it stays, see journalctl -u simpul-agent."
        ))
    }
    switch failure {
    case .refused:
      return finding(
        "key_refused", .critical,
        ("Pusat tidak mengenal kunci kantor ini.", "The centre does not know this office's key."),
        evidence: "\(failure)", consequence: Self.keptHere,
        remedy: (
          "Belum bergabung, atau kuncinya dicabut: minta undangan baru, lalu simpul-agent join.",
          "It has not joined, or its key was revoked: ask for a new invitation, then simpul-agent join."
        ))
    case .wrongKey, .closedByPeer:
      return finding(
        "key_mismatch", .critical,
        (
          "Kunci publik pusat di agent.toml bukan kunci pusat yang menjawab.",
          "The centre's public key in agent.toml is not that of the centre that answers."
        ),
        evidence: "\(failure)", consequence: Self.keptHere,
        remedy: (
          "Bandingkan aggregator.public_key dengan undangan; bila pusat dipasang ulang, pulihkan cadangannya.",
          "Compare aggregator.public_key with the invitation; if the centre was set up anew, restore its backup."
        ))
    case .notEncrypted:
      return finding(
        "not_encrypted", .critical,
        ("Yang menjawab di alamat itu bukan pusat Simpul.", "What answers at that address is no Simpul centre."),
        evidence: "\(failure)", consequence: Self.keptHere,
        remedy: ("Periksa aggregator.endpoints di agent.toml.", "Check aggregator.endpoints in agent.toml."))
    case .timedOut, .undecided, .protocolError, .broken:
      return finding(
        "handshake", .warning,
        ("Jabat tangan dengan pusat terputus.", "The handshake with the centre breaks off."),
        evidence: "\(failure)", consequence: Self.keptHere,
        remedy: (
          "Biasanya jaringan yang buruk atau pusat yang sibuk: ukur dengan ping; lihat journalctl di pusat.",
          "Mostly a bad line or a busy centre: measure with ping; see journalctl at the centre."
        ))
    }
  }

  // MARK: The machine

  private var clock: [Finding] {
    guard let offset = clockOffsetMilliseconds, offset.magnitude > Self.clockOffMillisecondsMax else { return [] }
    return [
      finding(
        "clock", .warning, ("Jam komputer ini meleset.", "This machine's clock is off."),
        evidence: "\(offset / 1000) s",
        consequence: (
          "Waktu dikoreksi saat dikirim; sesudah komputer mati tanpa jaringan, catatannya ditandai meragukan.",
          "Times are put right when they are sent; after a restart without a link what it records is marked suspect."
        ),
        remedy: (
          "Pasang dan nyalakan chrony: systemctl enable --now chrony.",
          "Install and start chrony: systemctl enable --now chrony."
        ))
    ]
  }

  private var disk: [Finding] {
    var found: [Finding] = []
    let free = store.diskFreeBytes
    if free < reserveBytes {
      found.append(
        finding(
          "disk_full", .critical, ("Disk penuh.", "The disk is full."),
          evidence: "\(free >> 20) MiB, buffer.reserve \(reserveBytes >> 20) MiB",
          consequence: ("Data baru ditolak (507).", "New data is refused (507)."),
          remedy: (
            "Hapus berkas yang tidak perlu atau pasang disk yang lebih besar.",
            "Delete what is not needed, or fit a larger disk."
          )))
    } else if free < Self.diskFreeBytesMin {
      found.append(
        finding(
          "disk_low", .warning, ("Disk hampir penuh.", "The disk is nearly full."), evidence: "\(free >> 20) MiB",
          consequence: ("Sebentar lagi data baru ditolak.", "Before long new data is refused."),
          remedy: ("Hapus berkas yang tidak perlu.", "Delete what is not needed.")))
    }
    let used = store.usedBytes - min(store.usedBytes, store.copyBytes)
    if store.quotaBytes > 0, used > store.quotaBytes / 10 * 9 {
      found.append(
        finding(
          "buffer_full", .critical, ("Penyangga hampir penuh.", "The buffer is nearly full."),
          evidence: "\(used >> 20) MiB / \(store.quotaBytes >> 20) MiB",
          consequence: (
            "Sampel lama dibuang (tercatat di ledger), lalu data baru ditolak (507).",
            "Old samples are dropped (into the ledger), then new data is refused (507)."
          ),
          remedy: ("Pulihkan jaringan, atau naikkan buffer.quota.", "Restore the link, or raise buffer.quota.")))
    }
    if store.damaged > 0 {
      found.append(
        finding(
          "store_damaged", .critical,
          ("Ada isi penyimpanan yang rusak.", "Something in the store is damaged."), evidence: "\(store.damaged)",
          consequence: (
            "Yang sudah di pusat diambil lagi; sisanya ada di ledger.",
            "What the centre has is fetched again; the rest is in the ledger."
          ),
          remedy: (
            "Periksa disk (smartctl) dan ganti; lihat simpulctl ledger.",
            "Check the disk (smartctl) and replace it; see simpulctl ledger."
          )))
    }
    return found
  }

  // MARK: The work

  private var backlog: [Finding] {
    guard case .established = phase, let oldest = store.oldestUnacknowledged,
      now.millisecondsSince(oldest) > Self.backlogOldMilliseconds
    else { return [] }
    return [
      finding(
        "backlog_stuck", .warning,
        ("Tersambung, tetapi datanya tidak sampai.", "Connected, and yet data does not get across."),
        evidence: "\(store.backlogChanges), \(InstantText.of(oldest))",
        consequence: ("Pusat melihat keadaan lama kantor ini.", "The centre sees an old state of this office."),
        remedy: (
          "Periksa kecepatan jaringan (ping, uplink.limit_bps) dan disk di pusat; lihat journalctl.",
          "Check the line's speed (ping, uplink.limit_bps) and the centre's disk; see journalctl."
        ))
    ]
  }

  private var aside: [Finding] {
    let list = ("Lihat dan putuskan: simpulctl quarantine list.", "Look and decide: simpulctl quarantine list.")
    var found: [Finding] = []
    if store.heldBack > 0 {
      found.append(
        finding(
          "held_back", .warning, ("Ada perubahan yang ditahan.", "Some changes are held back."),
          evidence: "\(store.heldBack)",
          consequence: ("Isinya belum berlaku di mana pun.", "They have no effect anywhere."), remedy: list))
    }
    if store.heldValues > 0 {
      found.append(
        finding(
          "held_values", .warning, ("Ada isian berkas yang menunggu keputusan.", "Values of files wait for a person."),
          evidence: "\(store.heldValues)",
          consequence: ("Yang tampak tetap isian kantor.", "What the office wrote is what shows."), remedy: list))
    }
    if store.recovered > 0 {
      found.append(
        finding(
          "recovered", .warning,
          ("Pusat yang dipulihkan tidak mengenal sebagian isi.", "A restored centre does not know some of the data."),
          evidence: "\(store.recovered)",
          consequence: ("Hanya ada di kantor ini.", "It is only at this office."), remedy: list))
    }
    if store.conflictsOpen > 0 {
      found.append(
        finding(
          "conflicts_open", .info, ("Ada konflik yang menunggu keputusan.", "Conflicts wait for a decision."),
          evidence: "\(store.conflictsOpen)",
          consequence: ("Kedua isian disimpan.", "Both values are kept."),
          remedy: ("simpulctl conflicts list", "simpulctl conflicts list")))
    }
    return found
  }

  private var intake: [Finding] {
    var found: [Finding] = []
    if !hasDefinitions {
      found.append(
        finding(
          "definitions_missing", .critical,
          ("Definisi data belum datang dari pusat.", "The definitions have not come from the centre."),
          evidence: "-", consequence: ("Tidak ada yang dapat dicatat.", "Nothing can be recorded."),
          remedy: ("Sambungkan kantor ini ke pusat.", "Connect this office to the centre.")))
    }
    if let spoolProblem {
      found.append(
        finding(
          "spool", .critical, ("Spool tidak dapat dibaca.", "The spool cannot be read."), evidence: spoolProblem,
          consequence: ("Berkas tidak diambil.", "No file is taken."),
          remedy: ("Perbaiki hak direktori itu (pemilik simpul).", "Mend that directory's mode (owner simpul).")))
    }
    if filesWaiting > 0 {
      found.append(
        finding(
          "spool_waiting", .warning, ("Ada berkas spool yang menunggu.", "Files wait in the spool."),
          evidence: "\(filesWaiting)", consequence: ("Isinya belum tercatat.", "They are not recorded yet."),
          remedy: ("Sebabnya: simpulctl status.", "Why: simpulctl status.")))
    }
    return found
  }
}
