package import Datasets
import HTTPTypes
import Storage

extension HTTPProblem {
  /// Not let in: 401, or 403 where another token would not help this request.
  init(_ refusal: SignInRefusal, token: AccessToken?, home: NodeName, language: Language) {
    let status: HTTPResponse.Status =
      [.otherOffice, .foreignOrigin, .unknownLink].contains(refusal) ? .forbidden : .unauthorized
    self.init(status, refusal.rawValue, refusal.words(token, home: home), language: language)
    if status == .unauthorized {
      // RFC 6750 section 3: no error code for whoever showed no token.
      let isAboutToken = [.unknownToken, .expiredToken, .revokedToken].contains(refusal)
      headers[.wwwAuthenticate] = #"Bearer realm="simpul""# + (isAboutToken ? #", error="invalid_token""# : "")
    }
  }

  /// 403: known, but of too low a role.
  package static func roleTooLow(_ caller: Caller, needed: Role, language: Language) -> HTTPProblem {
    let limit = officeOption(caller.office)
    return HTTPProblem(
      .forbidden, "role",
      BilingualText(
        id:
          "Token \(caller.name) berperan \(caller.role.rawValue); ini memerlukan \(needed.rawValue). Minta kepada "
          + "admin: simpulctl tokens create NAMA --role \(needed.rawValue)\(limit).",
        en:
          "Token \(caller.name) has the role \(caller.role.rawValue); this needs \(needed.rawValue). Ask an admin: "
          + "simpulctl tokens create NAME --role \(needed.rawValue)\(limit)."),
      language: language)
  }

  /// 403: what concerns more than the caller's office.
  package static func wholeFleet(_ caller: Caller, language: Language) -> HTTPProblem {
    let office = caller.office?.text ?? "-"
    return HTTPProblem(
      .forbidden, "office_limit",
      BilingualText(
        id:
          "Token \(caller.name) hanya untuk kantor \(office), sedangkan ini menyangkut seluruh armada. Lakukan di "
          + "agen kantor itu, atau pakai token tanpa --office.",
        en:
          "Token \(caller.name) is for the office \(office) alone, and this concerns the whole fleet. Do it at that "
          + "office's agent, or use a token without --office."),
      language: language)
  }

  /// 403: another office than the caller's.
  package static func otherOffice(_ caller: Caller, language: Language) -> HTTPProblem {
    let office = caller.office?.text ?? "-"
    return HTTPProblem(
      .forbidden, "office_limit",
      BilingualText(
        id: "Token \(caller.name) hanya untuk kantor \(office). Untuk kantor lain, pakai token tanpa --office.",
        en: "Token \(caller.name) is for the office \(office) alone. For another one, use a token without --office."),
      language: language)
  }
}

extension SignInRefusal {
  /// What is wrong and what to do.
  fileprivate func words(_ token: AccessToken?, home: NodeName) -> BilingualText {
    let name = token?.name.text ?? "NAMA"
    let english = token?.name.text ?? "NAME"
    // What is made instead must not open more than the token did.
    let rights = "\(token?.role.rawValue ?? "viewer")\(officeOption(token?.office))"
    switch self {
    case .noToken:
      return BilingualText(
        id:
          "Perlu token. Di mesin layanan ini: sudo simpulctl tokens create NAMA --role viewer; lalu kirim sebagai "
          + "Authorization: Bearer TOKEN, atau masuk lewat peramban: simpulctl tokens sign-in NAMA.",
        en:
          "A token is needed. On this daemon's machine: sudo simpulctl tokens create NAME --role viewer; then send it "
          + "as Authorization: Bearer TOKEN, or sign in with a browser: simpulctl tokens sign-in NAME.")
    case .unknownToken:
      return BilingualText(
        id:
          "Token ini tidak dikenal di sini; tiap layanan punya tokennya sendiri. Buat: simpulctl tokens create NAMA "
          + "--role viewer.",
        en:
          "This token is not known here; each daemon has its own. Make one: simpulctl tokens create NAME --role "
          + "viewer.")
    case .expiredToken:
      return BilingualText(
        id: "Masa berlaku token \(name) sudah habis. Buat lagi: simpulctl tokens create \(name) --role \(rights).",
        en: "The token \(english) has expired. Make it again: simpulctl tokens create \(english) --role \(rights).")
    case .revokedToken:
      return BilingualText(
        id: "Token \(name) sudah dicabut. Minta yang baru kepada admin: simpulctl tokens create NAMA --role \(rights).",
        en: "The token \(english) was revoked. Ask an admin for a new one: simpulctl tokens create NAME --role "
          + "\(rights).")
    case .otherOffice:
      let office = token?.office?.text ?? "-"
      return BilingualText(
        id: "Token \(name) untuk kantor \(office); ini kantor \(home). Pakai token kantor ini.",
        en: "The token \(english) is for the office \(office); this is \(home). Use a token of this office.")
    case .endedSession:
      return BilingualText(
        id: "Sesi ini sudah berakhir. Minta tautan masuk yang baru: simpulctl tokens sign-in NAMA.",
        en: "This session has ended. Ask for a new sign-in link: simpulctl tokens sign-in NAME.")
    case .foreignOrigin:
      return BilingualText(
        id:
          "Permintaan ini dikirim oleh situs lain, atau peramban tidak menyebut asalnya, maka ditolak. Buka halaman "
          + "layanan ini langsung; perantara TLS harus meneruskan Host.",
        en:
          "This request was sent by another site, or the browser does not say from where, and is refused. Open this "
          + "daemon's own page; a TLS proxy must pass Host on.")
    case .unknownLink:
      return BilingualText(
        id:
          "Tautan ini sudah dipakai, sudah lewat 15 menit, atau tidak pernah ada. Minta yang baru: simpulctl tokens "
          + "sign-in NAMA.",
        en:
          "This link was used, is older than 15 minutes, or never was. Ask for a new one: simpulctl tokens sign-in "
          + "NAME.")
    }
  }
}

/// As the end of an order: nothing without a limit.
private func officeOption(_ office: NodeName?) -> String { office.map { " --office \($0)" } ?? "" }
