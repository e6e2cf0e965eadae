import Datasets
import HTTPServing
import Replication
import Transport
import Wire

/// How the link to the centre stands, in words for people.
struct LinkStanding: Sendable {
  var phase: NodeSession.Phase
  var failure: LinkFailure?
  /// Since when no session stands; nil while one does.
  var since: Timestamp?

  /// Why nothing goes to the centre; nil while a session stands.
  var why: BilingualText? {
    if phase == .established { return nil }
    let time = since.map { InstantText.of($0) } ?? "?"
    if case .refused(let refusal) = phase {
      return BilingualText(
        id: "Pusat menolak kantor ini sejak \(time): \(refusal.text.indonesian).",
        en: "The centre has refused this office since \(time) (\(refusal.text.english)).")
    }
    switch failure {
    case .connect(let words)?:
      return BilingualText(
        id:
          "Pusat tidak terjangkau sejak \(time): ditolak, tidak menjawab, tidak ada rute, atau namanya tidak ditemukan "
          + "(\(words)). Lihat: simpulctl doctor.",
        en: "The centre is out of reach since \(time) (\(words)). See: simpulctl doctor.")
    case .handshake(let failure)?:
      let text = failure.text
      return BilingualText(
        id: "Jabat tangan dengan pusat gagal sejak \(time): \(text.indonesian).",
        en: "The handshake with the centre fails since \(time): \(text.english).")
    case .lost(let words)?:
      return BilingualText(
        id: "Jaringan ke pusat putus sejak \(time) (\(words)).",
        en: "The link to the centre is down since \(time) (\(words)).")
    case nil:
      return BilingualText(
        id: "Belum tersambung dengan pusat sejak \(time).", en: "Not connected to the centre since \(time).")
    }
  }
}

extension Refusal {
  /// Why the centre refuses, for people; its own words, which are for whoever asks there, in brackets.
  var text: BilingualText {
    let indonesian =
      switch code {
      case .protocolVersion: "agen ini dan pusat tidak memakai versi protokol yang sama"
      case .revoked: "kunci kantor ini dicabut"
      case .fenced: "disk kantor ini berjalan dua kali (klon)"
      case .duplicateSession: "kantor ini sudah tersambung dari komputer lain"
      case .malformed: "pusat tidak dapat membaca pesan kantor ini"
      case .unknownNode: "pusat tidak mengenal kantor ini"
      case .brokenChain: "rantai data kantor ini tidak cocok dengan yang ada di pusat"
      case .overCredit: "kantor ini mengirim lebih banyak daripada yang diizinkan"
      case .superseded: "sesi lain dari kantor ini mengambil alih"
      case .invitationUsed: "undangan ini tidak berlaku lagi: sudah dipakai, diganti, dicabut, atau lewat waktu"
      case .busy: "pusat sedang tidak dapat melayani"
      case .unknownIncarnation: "pusat tidak mengenal disk kantor ini"
      }
    let words = reason.isEmpty ? code.word : "\(code.word): \(reason)"
    return BilingualText(id: "\(indonesian) (\(words))", en: words)
  }
}

extension HandshakeFailure {
  /// What happened, for people; `description` is for logs.
  var text: BilingualText {
    let indonesian =
      switch self {
      case .refused:
        "pusat menolak kunci ini: belum bergabung, dicabut, atau undangannya sudah dipakai atau lewat waktu"
      case .undecided: "pusat sedang tidak dapat memeriksa kunci"
      case .closedByPeer:
        "ditutup dari sana: jaringan putus atau pusat sedang mulai; bila terus, kunci publik pusat di sini salah"
      case .foreign: "yang menjawab tidak berbicara protokol ZeroMQ: layanan lain yang mendengarkan di sana"
      case .timedOut: "tidak selesai pada waktunya"
      case .notEncrypted: "yang menjawab tidak memakai enkripsi CURVE"
      case .wrongKey: "kunci publik pusat di kantor ini salah"
      case .protocolError(let number): "yang menjawab melanggar protokol (\(String(number, radix: 16)))"
      case .broken: "sambungan putus di tengah jalan"
      }
    return BilingualText(id: indonesian, en: description)
  }
}
