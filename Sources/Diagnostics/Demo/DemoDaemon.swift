import API
import Datasets
import HTTPRequesting
import HTTPTypes

/// One daemon of the demo, through its admin socket.
struct DemoDaemon: Sendable {
  /// For one answer; a digest of everything takes its time on a busy machine.
  private static let answerLimit: Duration = .seconds(60)
  /// For what answers at once or not at all.
  private static let plainLimit: Duration = .seconds(10)

  let name: String
  let client: APIClient
  private let socketPath: String

  init(name: String, socketPath: String, language: Language) {
    self.name = name
    self.socketPath = socketPath
    client = APIClient(.socket(path: socketPath), language: language, reason: nil, timeout: Self.answerLimit)
  }

  func status() async throws(CommandFailure) -> StatusReply {
    try await client.reply(StatusReply.self, to: .status).reply
  }

  func nodes() async throws(CommandFailure) -> [NodeReply] {
    try await client.reply(NodesReply.self, to: .nodes).reply.nodes
  }

  func node(_ node: NodeName) async throws(CommandFailure) -> NodeReply {
    try await client.reply(NodeReply.self, to: .node(node.text)).reply
  }

  /// - Parameter node: at the centre, whose part of the dataset.
  func digest(_ dataset: String, node: NodeName? = nil) async throws(CommandFailure) -> DigestReply {
    try await client.reply(DigestReply.self, to: .digest(dataset, node: node?.text)).reply
  }

  func record(_ dataset: String, _ id: String) async throws(CommandFailure) -> RecordReply {
    try await client.reply(RecordReply.self, to: .record(dataset, id)).reply
  }

  func records(_ dataset: String, _ page: Page) async throws(CommandFailure) -> RecordsReply {
    try await client.reply(RecordsReply.self, to: .records(dataset, page, RecordFilter())).reply
  }

  /// Nil where the daemon says that there is no such record here, any more or yet.
  func presentRecord(_ dataset: String, _ id: String) async throws(CommandFailure) -> RecordReply? {
    let request = APIRequest.record(dataset, id)
    let answer = try await client.answer(to: request)
    if answer.status == 404 || answer.status == 410 { return nil }
    let record = try client.decode(RecordReply.self, try client.successBody(of: answer, to: request))
    return record.lifecycle == "deleted" ? nil : record
  }

  func findings() async throws(CommandFailure) -> [FindingsReply.Finding] {
    try await client.reply(FindingsReply.self, to: .doctor).reply.findings
  }

  /// A path outside the API, such as `/readyz`; nil when nothing answers.
  func plain(_ path: String) async -> (status: Int, text: String)? {
    await Self.answer(
      to: OutgoingRequest(url: "http://localhost" + path, socketPath: socketPath, timeMax: Self.plainLimit))
  }

  /// The answer of a URL over TCP; nil when nothing answers.
  static func plain(url: String) async -> (status: Int, text: String)? {
    await answer(to: OutgoingRequest(url: url, timeMax: plainLimit))
  }

  private static func answer(to request: OutgoingRequest) async -> (status: Int, text: String)? {
    guard let (head, body) = try? await request.answer(bytesMax: APIClient.replyBytesMax) else { return nil }
    return (head.status.code, String(decoding: body, as: UTF8.self))
  }
}
