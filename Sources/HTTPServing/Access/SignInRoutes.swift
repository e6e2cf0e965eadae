import API
import Datasets
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Replication
import Storage

extension AccessControl {
  static let signInPath = "/sign-in"
  private static let formBytesMax = 4_096

  var signInRoutes: [Route] {
    [
      Route(
        .get, Self.signInPath, "A page with a button that uses a sign-in link, or that says who is signed in.",
        query: [.init("code", .string, "Of a sign-in link; looking at it does not use it up.")],
        answer: .text("text/html"), admits: .everybody, handle: showSignIn),
      Route(
        .post, Self.signInPath, "Uses a sign-in link up (code, as a form) and begins a session of 12 hours.",
        answer: .text("text/html"), refusals: [403, 413], admits: .everybody, handle: signIn),
      Route(
        .post, "/sign-out", "Ends the session.", answer: .text("text/html"), admits: .atLeast(.viewer),
        isOfficeAware: true, handle: signOut),
    ]
  }

  private func showSignIn(_ call: HTTPCall) async throws -> Response {
    let page = SignInPage(home: home, language: call.language)
    // A code that was given is meant, also where somebody is signed in already.
    if let code = call.query("code"), AccessSecret.isWellFormed(code, .link) { return page.response(.confirm(code)) }
    if let secret = cookie.value(in: call.request).map({ SecretHash(of: $0) }),
      let (token, session) = store.session(secret, now: now())
    {
      return page.response(.signedIn(token, until: session.ends))
    }
    return page.response(.ask)
  }

  private func signIn(_ call: HTTPCall) async throws -> Response {
    if RequestOrigin(call.request) == .foreign {
      throw refuse(.foreignOrigin, nil, call.language, call.logger)
    }
    let body = try await call.request.body.collect(upTo: Self.formBytesMax)
    let code = Self.code(inForm: String(decoding: body.readableBytesView, as: UTF8.self))
    let session = secret(.session)
    let token: AccessToken
    do {
      guard let code, AccessSecret.isWellFormed(code, .link) else { throw AccessRefusal.unknownLink }
      token = try await begin(session, SecretHash(of: code), call)
    } catch is AccessRefusal {
      let problem = refuse(.unknownLink, nil, call.language, call.logger)
      return SignInPage(home: home, language: call.language).response(
        .refused(problem.reply.message), status: problem.status)
    } catch {
      call.logger.error("a sign-in could not be written", metadata: ["cause": "\(error)"])
      return SignInPage(home: home, language: call.language).response(
        .refused(Self.notWritten(call.language)), status: .serviceUnavailable)
    }
    note(.signedIn, token, call)
    return Self.onward(
      cookie.setting(
        session.text, seconds: AccessStore.sessionLifetimeMilliseconds / 1000, isSecure: call.request.cameByHTTPS))
  }

  /// Uses the link up. What the audit log does not know of has not begun.
  private func begin(
    _ session: AccessSecret, _ link: SecretHash, _ call: HTTPCall
  ) async throws -> AccessToken {
    let token = try await store.signIn(link, session: session.hash, now: now()).token
    do {
      try await call.audit(.signIn, token.name.text)
    } catch {
      try await store.signOut(session.hash)
      throw error
    }
    return token
  }

  private static let notWritten = BilingualText(
    id:
      "Saat ini tidak ada yang dapat dicatat di sini, maka tidak ada yang dapat masuk; tautan ini sudah terpakai. "
      + "Perbaiki dulu sebabnya (simpulctl doctor), lalu minta tautan baru: simpulctl tokens sign-in NAMA.",
    en:
      "Nothing can be written here at the moment, so nobody can sign in; this link is used up. Mend the cause first "
      + "(simpulctl doctor), then ask for a new link: simpulctl tokens sign-in NAME.")

  private func signOut(_ call: HTTPCall) async throws -> Response {
    if let secret = cookie.value(in: call.request).map({ SecretHash(of: $0) }),
      let (token, _) = store.session(secret, now: now())
    {
      // A disk or a log that cannot be written keeps nobody in.
      do {
        try await store.signOut(secret)
        try await call.audit(.signOut, token.name.text)
      } catch {
        call.logger.error("a sign-out could not be written", metadata: ["cause": "\(error)"])
      }
      note(.signedOut, token, call)
    }
    return Self.onward(cookie.clearing)
  }

  /// Back to the page, by GET: reloading it repeats nothing.
  private static func onward(_ cookie: String) -> Response {
    Response(
      status: .seeOther, headers: [.location: signInPath, .setCookie: cookie, .cacheControl: "no-store"],
      body: ResponseBody())
  }

  /// `code` of a form as browsers send it (application/x-www-form-urlencoded); blanks around it are a slip of the hand.
  private static func code(inForm text: String) -> String? {
    for pair in text.split(separator: "&") where pair.hasPrefix("code=") {
      let value = pair.dropFirst(5).replacing("+", with: " ").removingPercentEncoding
      return value?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return nil
  }
}
