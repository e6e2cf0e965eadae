import API
import Datasets
import Failpoints
import Foundation
import Logging
import Machine
import Services
package import Settings
import Transport
import Wire

/// `simpul-agent join`: trades an invitation for an enrolled key. The node's secret key never leaves the machine.
package struct Joining: Sendable {
  private let settings: AgentSettings
  private let configurationPath: String
  private let invitation: Invitation

  /// - Throws: `DaemonProblem` when the text is no invitation or is for another node.
  package init(settings: AgentSettings, configurationPath: String, invitation text: String) throws {
    guard let invitation = Invitation(text) else {
      throw DaemonProblem(
        exitCode: 65,
        Self.text(
          settings.language,
          "ini bukan undangan; salin seluruh baris yang dicetak di pusat oleh simpulctl nodes invite \(settings.node)",
          "this is no invitation; copy the whole line that simpulctl nodes invite \(settings.node) printed at the centre"
        ))
    }
    guard invitation.node == settings.node.text else {
      throw DaemonProblem(
        exitCode: 65,
        Self.text(
          settings.language,
          "undangan ini untuk \(invitation.node), tetapi \(configurationPath) menyebut node = \"\(settings.node)\"",
          "the invitation is for \(invitation.node), but \(configurationPath) says node = \"\(settings.node)\""))
    }
    self.settings = settings
    self.configurationPath = configurationPath
    self.invitation = invitation
  }

  /// Joins, and writes key and endpoints; may be repeated with the same invitation when the answer was lost.
  ///
  /// - Returns: the endpoint that answered.
  package func run(attemptLimit: Duration = .seconds(15)) async throws -> String {
    try checkConfigurationCanBeWritten()
    do { try MachineFacts.makePrivateDirectory(settings.dataDirectory) } catch let problem as any DataDirectoryProblem {
      throw DaemonProblem(problem, settings.language)
    }
    // Kept beside the key in use until the centre has answered, so that a failed join changes nothing and one whose
    // answer was lost asks for the same key again.
    let pendingPath = settings.keyPath + ".joining"
    let keys: CurveKeyPair
    do { keys = try CurveKeyPair.loadOrCreate(path: pendingPath) } catch {
      let remedy = BilingualText(id: "hapus berkas itu, lalu ulangi", en: "remove it and repeat")
      throw DaemonProblem.configuration(error.text(ofKeyFile: pendingPath, ifLost: remedy)(settings.language))
    }
    let own = settings.aggregator.endpoints.map { "tcp://\($0.address)" }
    let endpoints = own.isEmpty ? invitation.endpoints : own
    var problems: [String] = []
    for endpoint in endpoints {
      switch try await ask(endpoint, for: keys.publicKey, within: attemptLimit) {
      case .joined:
        try keys.replace(path: settings.keyPath)
        Failpoint.keyReplaced.pass()
        try writeConfiguration()
        // Last: until all is written, the same invitation may be used again with the same key.
        try FileManager.default.removeItem(atPath: pendingPath)
        return endpoint
      case .refused(let reason):
        // The centre will not have this key: it was revoked, or is of another node. The next try makes a new one.
        try? FileManager.default.removeItem(atPath: pendingPath)
        throw refusal(reason)
      // Nothing was said of the pending key, which may be enrolled by now: it is kept.
      case .notAdmitted:
        throw refusal(
          Self.text(
            settings.language, "sudah dipakai, dicabut, atau lewat waktu", "it is used, revoked or expired"))
      case .unreachable(let reason): problems.append("\(endpoint): \(reason)")
      }
    }
    throw DaemonProblem.unreachable(
      Self.text(
        settings.language,
        "pusat tidak terjangkau (\(problems.joined(separator: "; "))); periksa jaringan dan alamatnya, lalu ulangi",
        "the centre could not be reached (\(problems.joined(separator: "; "))); check the link and try again"))
  }

  private func refusal(_ reason: String) -> DaemonProblem {
    DaemonProblem(
      exitCode: 77,
      Self.text(
        settings.language,
        "pusat menolak undangan ini: \(reason); minta undangan baru: simpulctl nodes invite \(settings.node)",
        "the centre refused the invitation: \(reason); ask for a new one: simpulctl nodes invite \(settings.node)"))
  }

  private static func text(_ language: Language, _ indonesian: String, _ english: String) -> String {
    BilingualText(id: indonesian, en: english)(language)
  }

  /// An invitation counts once: it must not be spent before it is known that its result can be kept.
  private func checkConfigurationCanBeWritten() throws {
    let directory = URL(fileURLWithPath: configurationPath).deletingLastPathComponent().path
    for path in [configurationPath, directory] where access(path, W_OK) != 0 {
      throw DaemonProblem(
        exitCode: 77,
        Self.text(
          settings.language,
          "\(path) tidak dapat ditulis, padahal bergabung mengubah [aggregator] di \(configurationPath): jalankan dengan "
            + "sudo",
          "\(path) cannot be written, and joining changes [aggregator] in \(configurationPath): run this with sudo"))
    }
  }

  private enum Answer: Sendable {
    case joined
    case refused(String)
    /// The centre, which has shown its own key, lets the invitation's key no further.
    case notAdmitted
    case unreachable(String)
  }

  private func ask(
    _ endpoint: String, for publicKey: CurvePublicKey, within limit: Duration
  ) async throws -> Answer {
    let thread = try SocketThread.start(name: "join", logger: Logger(label: "simpul.join"))
    let link = NodeLink(thread: thread)
    let secret = try CurveKeyPair(secretKey: try CurveSecretKey(invitation.secretKey))
    try await link.open(endpoint: endpoint, serverKey: try CurvePublicKey(invitation.serverKey), keys: secret)
    let answer = await withTaskGroup(of: Answer.self) { group in
      let language = settings.language
      group.addTask { await Self.exchange(link, endpoint, publicKey, language) }
      group.addTask {
        try? await Task.sleep(for: limit)
        return .unreachable(
          Self.text(language, "tidak ada jawaban dalam \(limit.components.seconds) detik", "no answer in \(limit)"))
      }
      let first = await group.next() ?? .unreachable("no answer")
      group.cancelAll()
      return first
    }
    await thread.stop()
    return answer
  }

  private static func exchange(
    _ link: NodeLink, _ endpoint: String, _ publicKey: CurvePublicKey, _ language: Language
  ) async -> Answer {
    while true {
      let events = await link.receive()
      if events.isEmpty { return .unreachable("cancelled") }
      for event in events {
        switch event {
        case .connected:
          _ = try? await link.send([NodeMessage.join(Join(publicKey: publicKey.text)).bytes])
        case .received(let bytes):
          switch try? CentreMessage(bytes: bytes) {
          case .joined: return .joined
          // It says nothing of the key, which may be enrolled by now.
          case .refusal(let refusal) where refusal.code == .busy: return .unreachable(refusal.text(language))
          case .refusal(let refusal): return .refused(refusal.text(language))
          default:
            return .unreachable(
              Self.text(language, "jawabannya bukan dari Simpul", "an answer that is none of this program's"))
          }
        case .disconnected(let reason):
          return .unreachable(Self.text(language, "sambungan putus (\(reason))", reason))
        case .connectFailed(let reason):
          // Nobody can be told to ask the doctor yet: what stands in the way is looked up here.
          let probe = await LinkProbes().results(of: [endpoint]).first?.probe
          let words = probe?.obstacle ?? BilingualText(id: "tidak tersambung (\(reason))", en: reason)
          return .unreachable(words(language))
        case .handshakeFailed(.refused): return .notAdmitted
        case .handshakeFailed(let failure):
          return .unreachable(
            text(
              language,
              "\(failure.text.indonesian); mungkin undangannya dari pusat lain",
              "\(failure): the invitation may be of another centre"))
        case .opened, .writable: break
        }
      }
    }
  }

  private func writeConfiguration() throws {
    guard let key = Z85Key(invitation.serverKey) else {
      throw DaemonProblem(
        exitCode: 65,
        Self.text(
          settings.language,
          "undangan ini tidak berisi kunci pusat yang benar; minta undangan baru",
          "the invitation holds no valid key of the centre; ask for a new one"))
    }
    do throws(SettingsProblems) {
      try AgentConfigurationFile.join(
        path: configurationPath, endpoints: invitation.endpoints.compactMap { Endpoint($0) }, publicKey: key)
    } catch {
      throw DaemonProblem.configuration(error.text(settings.language))
    }
  }
}
