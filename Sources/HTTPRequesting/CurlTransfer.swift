import CCurl
import HTTPTypes
import Synchronization

/// libcurl's handles for one transfer (libcurl-multi(3)): it works while it is asked for something, and only then.
///
/// Safe because all but `cancel` is called by one queue, one call after the other; `curl_multi_wakeup` may be called by
/// any thread (libcurl-thread(3)).
final class CurlTransfer: @unchecked Sendable {
  private static let isUsable = simpul_curl_begin() == CURLE_OK

  let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer
  private let isCancelled = Atomic(false)
  private let clock = ContinuousClock()

  // What the handle points to as long as it lives.
  var fields: UnsafeMutablePointer<curl_slist>?
  var source: RequestSource?
  var answer = AnswerCollector()

  private var silenceMax = Duration.zero
  /// When something came or went last.
  private var moved: ContinuousClock.Instant
  private var movement = 0
  private var isDone = false
  /// Why the answer is not whole.
  private var failed: HTTPFailure?

  init() throws(HTTPFailure) {
    guard Self.isUsable, let easy = curl_easy_init() else { throw .other("libcurl does not start") }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw .other("libcurl does not start")
    }
    self.easy = easy
    self.multi = multi
    moved = clock.now
  }

  deinit {
    curl_multi_remove_handle(multi, easy)
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
    curl_slist_free_all(fields)
  }

  /// Ends the wait of another thread.
  func cancel() {
    isCancelled.store(true, ordering: .sequentiallyConsistent)
    curl_multi_wakeup(multi)
  }

  func begin(_ request: OutgoingRequest) throws(HTTPFailure) {
    silenceMax = request.silenceMax
    moved = clock.now
    try set(request)
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else { throw .other("libcurl does not take the request") }
  }

  func head() throws(HTTPFailure) -> HTTPResponse {
    while true {
      if let head = answer.head { return head }
      if isDone { throw failed ?? .closedEarly }
      try works()
    }
  }

  func next() throws(HTTPFailure) -> [UInt8]? {
    while true {
      if let piece = answer.takePiece() { return piece }
      if isDone {
        guard let failed else { return nil }
        // Who refuses a body before it has read it may close at once: its refusal is the answer.
        if case .closedEarly = failed, source != nil, let head = answer.head, head.status.code >= 400 { return nil }
        throw failed
      }
      try works()
    }
  }

  /// Goes on as far as it gets without waiting; where it gets nowhere, it waits for the network.
  private func works() throws(HTTPFailure) {
    if isCancelled.load(ordering: .sequentiallyConsistent) { throw .cancelled }
    var running: Int32 = 0
    guard curl_multi_perform(multi, &running) == CURLM_OK else { throw .other("libcurl does not go on") }
    finishes()
    let movement = answer.movement &+ (source?.movement ?? 0)
    let now = clock.now
    if movement != self.movement {
      self.movement = movement
      moved = now
      return
    }
    if isDone { return }
    let left = silenceMax - (now - moved)
    if left <= .zero { throw .timedOut }
    let milliseconds = min(left, .seconds(60)) / .milliseconds(1)
    guard curl_multi_poll(multi, nil, 0, Int32(milliseconds.rounded(.up)), nil) == CURLM_OK else {
      throw .other("libcurl cannot wait")
    }
  }

  private func finishes() {
    var waiting: Int32 = 0
    while let message = curl_multi_info_read(multi, &waiting) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      isDone = true
      let code = message.pointee.data.result
      if code != CURLE_OK { failed = failure(code) }
    }
  }

  private func failure(_ code: CURLcode) -> HTTPFailure {
    if let failure = source?.failure { return .body(failure) }
    switch code {
    case CURLE_COULDNT_CONNECT: return .unreachable(errno: Int32(clamping: simpul_curl_system_error(easy)))
    case CURLE_COULDNT_RESOLVE_HOST: return .unknownHost
    case CURLE_OPERATION_TIMEDOUT: return simpul_curl_is_connected(easy) != 0 ? .timedOut : .connectTimedOut
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return .untrusted(String(cString: curl_easy_strerror(code)))
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR: return .closedEarly
    default: return .other(String(cString: curl_easy_strerror(code)))
    }
  }
}
