import API
import Datasets
import Foundation

/// Invites every office, lets it join and starts its agent; waits until the centre sees all of them.
struct OpenOffices: Sendable {
  private static let onlineLimit: Duration = .seconds(90)

  let demo: DemoContext
  /// The port by which the office that will be cut off reaches the centre.
  let relayPort: Int

  func run() async throws {
    let offices = demo.cast.offices
    try await openAll(offices)
    let count = offices.count
    try await demo.eventually(
      BilingualText(id: "\(count) kantor daring di pusat", en: "\(count) offices online at the centre"),
      within: Self.onlineLimit
    ) { () -> DemoProgress<Void> in
      let online = try await demo.centre.nodes().filter { $0.state == "online" }.count
      let text = demo.language("\(online)/\(count) kantor daring", "\(online)/\(count) offices online")
      return online == count ? .done(()) : .waiting(text, done: online, total: count)
    }
    try demo.screen.line(
      demo.language(
        "  \(count) kantor bergabung dengan undangan sekali pakai dan daring",
        "  \(count) offices have joined by one-time invitations and are online"))
  }

  /// As many at a time as there are processors: joining is mostly starting programs.
  private func openAll(_ offices: [NodeName]) async throws {
    let width = max(2, ProcessInfo.processInfo.activeProcessorCount)
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = offices[...]
      for office in rest.prefix(width) { group.addTask { try await open(office) } }
      rest = rest.dropFirst(width)
      var done = 0
      while try await group.next() != nil {
        done += 1
        try demo.screen.progress(
          demo.language(
            "\(done)/\(offices.count) kantor bergabung", "\(done)/\(offices.count) offices joined"),
          done: done, total: offices.count)
        if let office = rest.popFirst() { group.addTask { try await open(office) } }
      }
    }
  }

  private func open(_ office: NodeName) async throws {
    let layout = demo.layout
    try layout.makeDirectory(layout.spool(of: office), demo.language)
    let isCutOff = office == demo.cast.cutOff
    let text = DemoConfigurations(layout: layout, language: demo.language)
      .agent(office, by: isCutOff ? relayPort : nil)
    try layout.write(text, to: layout.configuration(of: office), demo.language)
    let request = try APIRequest.invitation(office.text, validHours: 1)
    let invitation = try await demo.centre.client.reply(InvitationReply.self, to: request).reply.invitation
    // The invitation is a secret: on standard input no other user sees it.
    let join = DemoProgram(
      name: "simpul-agent join \(office)", path: demo.settings.agentPath,
      arguments: ["join", "--config", layout.configuration(of: office), "-"], logPath: layout.log(of: office),
      input: invitation + "\n")
    let end = try await demo.processes.run(join)
    guard end.isSuccess else {
      throw DemoFailure(
        BilingualText(
          id: "\(office) bergabung dengan undangannya", en: "\(office) to join by its invitation"),
        found: "\(end.text): \(DemoContext.lastLine(of: end.logPath))", logPath: end.logPath)
    }
    try await demo.start(demo.agent(of: office))
  }
}
