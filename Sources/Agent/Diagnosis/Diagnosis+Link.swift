import API
import Datasets
import HTTPServing
import NodeStorage
import Replication
import Transport
import Wire

extension Diagnosis {
  /// What follows while nothing goes to the centre, with how much waits here, and when it is tried next.
  private var keptHere: (String, String) {
    var text = (
      "Data tetap tercatat di kantor ini, tetapi tidak sampai di pusat.",
      "Data is recorded at this office all the same, but does not reach the centre."
    )
    if store.backlogChanges > 0 {
      let oldest = store.oldestUnacknowledged.map { InstantText.of($0) }
      text.0 += " Menunggu: \(store.backlogChanges) perubahan" + (oldest.map { ", tertua dari \($0)." } ?? ".")
      text.1 += " Waiting: \(store.backlogChanges) changes" + (oldest.map { ", the oldest of \($0)." } ?? ".")
    }
    if let next = nextAttemptAt.map({ InstantText.of($0) }) {
      text.0 += " Kantor ini mencoba lagi sendiri pada \(next)."
      text.1 += " This office tries again by itself at \(next)."
    }
    return text
  }

  var link: [Finding] {
    switch phase {
    case .established, .stopped: return []
    case .refused(let refusal): return [refused(refusal)]
    case .waiting, .connecting, .greeting: break
    }
    let dead = probes.compactMap { unreachable($0.endpoint, $0.probe) }
    guard dead.count == probes.count else { return [unwelcome] }
    return dead
  }

  private func finding(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String? = nil, _ what: (String, String),
    evidence: BilingualText, consequence: (String, String), remedy: (String, String)
  ) -> Finding {
    finding(
      code, severity, subject: subject, what, evidence: evidence, consequence: consequence, remedy: remedy,
      since: apartSince)
  }

  private func refused(_ refusal: Refusal) -> Finding {
    switch refusal.code {
    case .revoked:
      return finding(
        .revoked, .critical, ("Kunci kantor ini dicabut.", "This office's key was revoked."),
        evidence: refusal.text, consequence: keptHere,
        remedy: (
          "Minta undangan baru dari admin pusat (simpulctl nodes invite \(node)), lalu simpul-agent join dan "
            + "systemctl restart simpul-agent. Yang belum terkirim baru masuk setelah admin pusat menerimanya: "
            + "simpulctl nodes accept-backlog \(node) --reason \"ALASAN\".",
          "Ask the centre's admin for a new invitation (simpulctl nodes invite \(node)), then simpul-agent join and "
            + "systemctl restart simpul-agent. What was not sent goes in once the admin takes it: "
            + "simpulctl nodes accept-backlog \(node) --reason \"TEXT\"."
        ))
    case .fenced:
      return finding(
        .fenced, .critical,
        ("Disk kantor ini berjalan dua kali (klon).", "This office's disk runs twice (a clone)."),
        evidence: refusal.text, consequence: keptHere,
        remedy: (
          "Matikan salah satunya. Untuk yang dipakai: admin pusat memberi undangan (simpulctl nodes invite \(node)), "
            + "lalu di sini simpul-agent join dan systemctl restart simpul-agent.",
          "Stop one of them. For the one that stays the centre's admin makes an invitation (simpulctl nodes invite "
            + "\(node)); here simpul-agent join, then systemctl restart simpul-agent."
        ))
    case .unknownIncarnation:
      return finding(
        .unknownHistory, .critical,
        ("Pusat tidak mengenal disk kantor ini.", "The centre does not know this office's disk."),
        evidence: refusal.text, consequence: keptHere,
        remedy: (
          "Minta undangan baru dari admin pusat (simpulctl nodes invite \(node)), lalu simpul-agent join dan "
            + "systemctl restart simpul-agent: disk ini lalu menjadi disk kantor ini.",
          "Ask the centre's admin for a new invitation (simpulctl nodes invite \(node)), then simpul-agent join and "
            + "systemctl restart simpul-agent: this disk then is the office's."
        ))
    case .duplicateSession:
      return finding(
        .duplicateSession, .critical,
        ("Kantor ini sudah tersambung dari komputer lain.", "This office is connected from another machine already."),
        evidence: refusal.text, consequence: keptHere,
        remedy: (
          "Cari komputer kedua dengan penyimpanan yang sama dan matikan salah satunya.",
          "Find the second machine with the same store, and stop one of them."
        ))
    default:
      return finding(
        .sessionRefused, .critical, ("Pusat menolak kantor ini.", "The centre refuses this office."),
        evidence: refusal.text, consequence: keptHere,
        remedy: (
          "Sampaikan alasan itu kepada admin pusat (di sana: simpulctl doctor); versi agen: simpul-agent --version.",
          "Tell the centre's admin that reason (there: simpulctl doctor); the agent's version: simpul-agent --version."
        ))
    }
  }

  // MARK: No connection

  private func unreachable(_ endpoint: String, _ probe: LinkProbe) -> Finding? {
    switch probe {
    case .reachable: return nil
    case .unresolved, .unanswered:
      return finding(
        .nameResolution, .critical, subject: endpoint,
        ("Nama pusat tidak ditemukan.", "The centre's name cannot be resolved."), evidence: probe.evidence,
        consequence: keptHere,
        remedy: (
          "Periksa aggregator.endpoints di agent.toml dan DNS: getent hosts NAMA, /etc/resolv.conf.",
          "Check aggregator.endpoints in agent.toml, and DNS: getent hosts NAME, /etc/resolv.conf."
        ))
    case .refused:
      return finding(
        .tcpRefused, .critical, subject: endpoint,
        ("Komputer pusat menjawab, tetapi menolak sambungan.", "The centre's machine answers, but refuses to connect."),
        evidence: probe.evidence, consequence: keptHere,
        remedy: (
          "Di pusat: systemctl status simpul-aggregator; periksa juga port di aggregator.endpoints.",
          "At the centre: systemctl status simpul-aggregator; check the port in aggregator.endpoints too."
        ))
    case .silent:
      return finding(
        .tcpSilent, .critical, subject: endpoint,
        ("Tidak ada jawaban dari alamat pusat.", "Nothing answers at the centre's address."),
        evidence: probe.evidence, consequence: keptHere,
        remedy: (
          "Periksa kabel, rute (ping, traceroute) dan firewall di antaranya.",
          "Check cable, route (ping, traceroute) and the firewalls between."
        ))
    case .unreachable:
      return finding(
        .tcpUnreachable, .critical, subject: endpoint,
        ("Tidak ada jalan ke pusat.", "There is no way to the centre."), evidence: probe.evidence,
        consequence: keptHere,
        remedy: (
          "Periksa kabel, alamat dan rute komputer ini: ip address, ip route.",
          "Check this machine's cable, address and routes: ip address, ip route."
        ))
    }
  }

  // MARK: A connection, and yet no session

  private var unwelcome: Finding {
    guard case .handshake(let failure)? = failure else {
      return finding(
        .noSession, .warning, ("Belum ada sesi dengan pusat.", "No session with the centre stands yet."),
        evidence: phase.text, consequence: keptHere,
        remedy: (
          "Tunggu sebentar; bila tetap begini, lihat journalctl -u simpul-agent.",
          "Wait a moment; if it stays, see journalctl -u simpul-agent."
        ))
    }
    switch failure {
    case .refused: return keyRefused(failure)
    case .wrongKey: return keyMismatch(failure)
    // Once may be a line that broke; again and again is a box that the centre cannot open, or no centre.
    case .closedByPeer: return failureStreak > 1 ? keyMismatch(failure) : handshakeBroken(failure)
    case .foreign, .notEncrypted:
      return finding(
        .notSimpul, .critical,
        ("Yang menjawab di alamat itu bukan pusat Simpul.", "What answers at that address is no Simpul centre."),
        evidence: failure.text, consequence: keptHere,
        remedy: (
          "Periksa alamat dan port di aggregator.endpoints (agent.toml): port itu replication.listen pusat, bukan port "
            + "HTTP-nya.",
          "Check address and port in aggregator.endpoints (agent.toml): the port is that of the centre's "
            + "replication.listen, not of its HTTP."
        ))
    case .undecided:
      return finding(
        .handshakeUndecided, .warning,
        ("Pusat sedang tidak dapat memeriksa kunci.", "The centre cannot check keys just now."),
        evidence: failure.text, consequence: keptHere,
        remedy: (
          "Di pusat: simpulctl doctor dan journalctl -u simpul-aggregator.",
          "At the centre: simpulctl doctor and journalctl -u simpul-aggregator."
        ))
    case .timedOut:
      return finding(
        .handshakeTimeout, .critical,
        (
          "Sambungan terbuka, tetapi tidak ada yang berbicara.",
          "The connection stands, and nobody speaks on it."
        ),
        evidence: failure.text, consequence: keptHere,
        remedy: (
          "Jaringan yang menelan data, proxy, pusat yang macet, atau layanan lain di alamat itu: periksa alamat dan port di "
            + "aggregator.endpoints, ukur dengan ping; di pusat simpulctl doctor.",
          "A line that swallows data, a proxy, a centre that hangs, or another service at that address: check the address "
            + "and port in aggregator.endpoints, measure with ping; at the centre simpulctl doctor."
        ))
    case .protocolError, .broken: return handshakeBroken(failure)
    }
  }

  private func keyRefused(_ failure: HandshakeFailure) -> Finding {
    finding(
      .keyRefused, .critical,
      ("Pusat tidak mengenal kunci kantor ini.", "The centre does not know this office's key."),
      evidence: failure.text, consequence: keptHere,
      remedy: (
        "Belum bergabung, atau kuncinya dicabut. Minta undangan baru (di pusat: simpulctl nodes invite \(node)), lalu "
          + "simpul-agent join dan systemctl restart simpul-agent.",
        "It has not joined, or its key was revoked. Ask for a new invitation (at the centre: simpulctl nodes invite "
          + "\(node)), then simpul-agent join and systemctl restart simpul-agent."
      ))
  }

  /// What closes in the middle of the handshake, over and over, may also be another service: only the centre knows.
  private func keyMismatch(_ failure: HandshakeFailure) -> Finding {
    finding(
      .keyMismatch, .critical,
      (
        "Kunci publik pusat di agent.toml bukan kunci pusat yang menjawab, atau yang menjawab bukan pusat Simpul.",
        "The centre's public key in agent.toml is not that of the centre that answers, or what answers is no Simpul "
          + "centre."
      ),
      evidence: failure.text.times(failureStreak), consequence: keptHere,
      remedy: (
        "Di pusat: simpulctl doctor. Bila di sana ada wrong_key dari alamat kantor ini, kuncinya yang salah: bandingkan "
          + "aggregator.public_key dengan undangan; bila pusat dipasang ulang, pulihkan cadangannya (simpul-aggregator "
          + "restore) atau undang kantor ini lagi: simpulctl nodes invite \(node). Bila tidak ada, layanan lain yang "
          + "menjawab: periksa alamat dan port di aggregator.endpoints.",
        "At the centre: simpulctl doctor. If it says wrong_key of this office's address, the key is wrong: compare "
          + "aggregator.public_key with the invitation; if the centre was set up anew, restore its backup "
          + "(simpul-aggregator restore) or invite this office again: simpulctl nodes invite \(node). If it does not, "
          + "another service answers: check address and port in aggregator.endpoints."
      ))
  }

  private func handshakeBroken(_ failure: HandshakeFailure) -> Finding {
    finding(
      .handshakeBroken, .warning,
      ("Jabat tangan dengan pusat terputus.", "The handshake with the centre breaks off."),
      evidence: failure.text, consequence: keptHere,
      remedy: (
        "Biasanya jaringan yang buruk atau alamat yang bukan pusat Simpul: ukur dengan ping; periksa "
          + "aggregator.endpoints.",
        "Mostly a bad line, or an address that is no Simpul centre: measure with ping; check aggregator.endpoints."
      ))
  }
}

extension BilingualText {
  /// What has happened so often in a row.
  fileprivate func times(_ count: Int) -> BilingualText {
    BilingualText(id: "\(indonesian) (×\(count))", en: "\(english) (×\(count))")
  }
}
