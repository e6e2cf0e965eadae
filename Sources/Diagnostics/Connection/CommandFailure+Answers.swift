import API
package import Datasets
import Foundation
import Replication

extension CommandFailure {
  /// A daemon said no.
  package static func refused(
    _ answer: APIAnswer, request: APIRequest, endpoint: Endpoint, language: Language
  ) -> CommandFailure {
    let reply = answer.isJSON ? try? APICoding.decoder.decode(ErrorReply.self, from: answer.body) : nil
    // What the office may not write is a matter of the data, as in a refused row, and not of who asks.
    let isAboutData = reply?.error == QuarantineReason.Code.writeRule.rawValue
    let code = isAboutData ? .data : code(of: answer.status)
    guard let reply else {
      // A proxy's page, or something that is no daemon at all.
      guard code == .notPermitted || code == .unreachable else {
        return foreign(endpoint: endpoint, language: language, status: answer.status)
      }
      return CommandFailure(
        code, "\(endpoint.description): HTTP \(answer.status)" + remedy(answer.status, request, endpoint, language))
    }
    let field = reply.field.map { $0.isEmpty ? "" : "\($0): " } ?? ""
    // An office or pair that the centre does not know has its own word: with this one the address itself is unknown.
    let isKnown = answer.status == 404 && reply.error != "not_found"
    let remedy =
      isAboutData || isKnown && isOfOneSideAlone(request) ? "" : remedy(answer.status, request, endpoint, language)
    return CommandFailure(
      code, "\(subject(of: request))\(field)\(remedy.isEmpty ? reply.message : clause(reply.message))" + remedy)
  }

  /// A daemon's sentence with something to follow: without its full stop.
  package static func clause(_ sentence: String) -> String {
    sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
  }

  /// Something answers there, but it is no daemon of ours.
  package static func foreign(endpoint: Endpoint, language: Language, status: Int? = nil) -> CommandFailure {
    CommandFailure(
      .unreachable,
      language(
        "jawaban dari \(endpoint.description) bukan dari layanan Simpul; periksa --url atau --socket",
        "the answer of \(endpoint.description) is not a Simpul daemon's; check --url or --socket"),
      cause: status.map { "HTTP \($0)" })
  }

  package static func code(of status: Int) -> Code {
    switch status {
    case 401, 403: .notPermitted
    case 400, 404, 405, 409, 410, 412, 413, 415, 422, 428: .data
    case 429, 502, 503, 504: .unreachable
    default: .problem
    }
  }

  /// What the request was about: the daemon's message need not repeat it.
  private static func subject(of request: APIRequest) -> String {
    let words = request.path.filter { !["datasets", "records"].contains($0) }.map { word in
      // A number that may name a person is not repeated, also where it is mistyped.
      if case .success = CivilNumber.nik(word) { CivilNumber.masked(word) } else { IdentityNumbers.masked(word) }
    }
    return words.isEmpty ? "" : words.joined(separator: " ") + ": "
  }

  /// What no agent knows of.
  private static func isOfCentreAlone(_ request: APIRequest) -> Bool {
    switch (request.path.first, request.path.last) {
    case ("duplicates", _), ("backup", _), ("backups", _), ("fleet-key", _), ("quarantine", "mend"),
      ("nodes", "invitation"), ("nodes", "revocation"),
      ("nodes", "backlog"):
      true
    default: false
    }
  }

  /// What the centre does not know of: only an office holds values of its files back.
  private static func isOfOfficeAlone(_ request: APIRequest) -> Bool {
    request.path.first == "quarantine" && request.path.last == "take"
  }

  private static func isOfOneSideAlone(_ request: APIRequest) -> Bool {
    isOfCentreAlone(request) || isOfOfficeAlone(request)
  }

  private static func remedy(
    _ status: Int, _ request: APIRequest, _ endpoint: Endpoint, _ language: Language
  ) -> String {
    if status == 404, isOfOfficeAlone(request) {
      return language(
        "; perintah ini milik kantor: bila ini pusat, jalankan di kantor itu (--socket agennya)",
        "; this is a command of an office: if this is the centre, run it at that office (its agent's --socket)")
    }
    if status == 404, isOfCentreAlone(request) {
      return language(
        "; perintah ini milik pusat: bila ini agen kantor, jalankan di pusat, atau beri --url ALAMAT_PUSAT dan --token-file",
        "; this is a command of the centre: if this is an office's agent, run it at the centre, or give --url and "
          + "--token-file of the centre")
    }
    switch (status, request.path.first, request.path.last) {
    case (409, "conflicts", "resolution"):
      let id = request.path.dropFirst().first ?? ""
      return language(
        "; ada suntingan baru sejak konflik ini dilihat: lihat lagi dengan `simpulctl conflicts show '\(id)'`",
        "; a new edit came since this conflict was looked at: look again with `simpulctl conflicts show '\(id)'`"
      )
    case (412, "datasets", let id?):
      let dataset = request.path.dropFirst().first ?? ""
      let id = IdentityNumbers.masked(id)
      return language(
        "; data ini sudah berubah: lihat lagi dengan `simpulctl records get \(dataset) \(id)`",
        "; this record has changed: look again with `simpulctl records get \(dataset) \(id)`")
    // A socket has all rights: whoever comes by it needs no other way in.
    case (401, _, _):
      guard case .url = endpoint else { return "" }
      return language(
        "; beri --token-file BERKAS (atau SIMPUL_TOKEN_FILE) dengan token yang berlaku, atau pakai soket admin",
        "; give --token-file FILE (or SIMPUL_TOKEN_FILE) with a valid token, or use the admin socket")
    case (403, _, _):
      guard case .url = endpoint else { return "" }
      return language(
        "; pakai soket admin atau token dengan hak yang cukup (--token-file)",
        "; use the admin socket or a token with enough rights (--token-file)")
    default: return ""
    }
  }
}
