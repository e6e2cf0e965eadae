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
        id: "Pusat menolak kantor ini sejak \(time) (\(refusal.code.word): \(refusal.reason)).",
        en: "The centre has refused this office since \(time) (\(refusal.code.word): \(refusal.reason)).")
    }
    switch failure {
    case .connect(let words)?:
      return BilingualText(
        id: "Jaringan ke pusat putus sejak \(time) (\(words)).",
        en: "The link to the centre is down since \(time) (\(words)).")
    case .handshake(let failure)?:
      return BilingualText(
        id: "Jabat tangan dengan pusat gagal sejak \(time) (\(failure.word)).",
        en: "The handshake with the centre fails since \(time) (\(failure.word)).")
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
