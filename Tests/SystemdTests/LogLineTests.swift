import Glibc
import Logging
import Testing

@testable import Systemd

@Suite struct LogLineTests {
  private struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  private func line(_ event: LogEvent, handler: Logger.Metadata = [:], colours: Bool = false) -> String {
    let rendered = RenderedEvent(
      event, label: "uplink", handler: handler, provider: Logger.MetadataProvider { ["node": "bkpsdm"] },
      redaction: .standard)
    return LogLine.render(rendered, time: "2026-01-02T08:00:00.000+08:00", colours: colours)
  }

  @Test func `a line has time, level, logger, message and sorted pairs`() {
    #expect(
      line(event(.info, "batch sent", metadata: ["stream": "population", "changes": "12"]))
        == "2026-01-02T08:00:00.000+08:00 INFO     uplink: batch sent changes=12 node=bkpsdm stream=population\n"
    )
  }

  @Test func `values that would confuse a reader are quoted`() {
    let metadata: Logger.Metadata = ["a": "two words", "b": "", "c": "x=y", "d": "say \"so\"\\", "e": "1\n2"]
    #expect(
      line(event(.error, "m", metadata: metadata)).contains(
        #"a="two words" b="" c="x=y" d="say \"so\"\\" e="1\n2" node=bkpsdm"#))
  }

  @Test func `one event stays one line and cannot drive the terminal`() {
    let text = line(event(.critical, "a\nb\u{1b}[2J\u{202e}\u{2028}"))
    #expect(text.hasSuffix("CRITICAL uplink: a\\nb\\u{1b}[2J\\u{202e}\\u{2028} node=bkpsdm\n"))
    #expect(text.filter(\.isNewline).count == 1)
  }

  @Test func `the event's own values win over the provider's, and those over the handler's`() {
    #expect(line(event(), handler: ["node": "old", "lane": "event"]).contains(" lane=event node=bkpsdm\n"))
    #expect(line(event(metadata: ["node": "own"])).contains(" node=own\n"))
  }

  @Test func `an error is shown, its identity numbers masked`() {
    let refusal = Refusal(description: "7312040101900001 exists")
    #expect(line(event(error: refusal)).contains(#"error="**************** exists""#))
  }

  @Test func `identity numbers in the message are masked`() {
    #expect(line(event(.info, "nik 7312040101900001")).contains("nik **************** "))
  }

  @Test func `texts without end are cut after masking`() {
    let padding = String(repeating: "x", count: RenderedEvent.textBytesMax - 9)
    let text = line(event(.info, "\(padding) 7312040101900001"))
    #expect(text.contains("********…"))
    #expect(!text.contains("7312"))
  }

  @Test func `colours appear only where they were asked for`() {
    #expect(!line(event()).contains("\u{1b}"))
    #expect(line(event(), colours: true).contains("\u{1b}[32mINFO    \u{1b}[0m uplink: started"))
  }

  @Test(arguments: [
    (0, 0, 0, "1970-01-01T00:00:00.000+00:00"),
    (1_767_312_000, 7, 28_800, "2026-01-02T08:00:00.007+08:00"),
    (1_767_312_000, 999, -12_600, "2026-01-01T20:30:00.999-03:30"),
    (-1, 0, 0, "1969-12-31T23:59:59.000+00:00"),
  ])
  func `times are RFC 3339 with the place's offset`(
    seconds: Int, milliseconds: Int, offset: Int, expected: String
  ) {
    #expect(
      LogLine.timestamp(seconds: seconds, milliseconds: milliseconds, offsetSeconds: offset) == expected)
  }

  @Test func `the handler writes lines at its own level with its metadata`() {
    let lines = Recorder<String>()
    let logger = Logger(label: "uplink") { label in
      var handler = LineHandler(label: label, level: .notice, write: lines.append)
      handler[metadataKey: "node"] = "disdukcapil"
      return handler
    }
    logger.info("not this")
    logger.notice("this", metadata: ["pin": "12"])
    #expect(lines.all.count == 1)
    #expect(lines.all.first?.hasSuffix(" NOTICE   uplink: this node=disdukcapil pin=***\n") == true)
  }
}

@Suite struct LoggingDestinationTests {
  private func destination(_ variables: [String: String], descriptor: Int32) -> LoggingDestination {
    LoggingDestination.detect(descriptor: descriptor) { variables[$0] }
  }

  @Test func `the journal is taken when it is this very file`() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    var status = stat()
    try #require(fstat(ends[1], &status) == 0)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(destination(["JOURNAL_STREAM": stream], descriptor: ends[1]) == .journal)
    let plain = LoggingDestination.standardError(colours: false)
    #expect(destination([:], descriptor: ends[1]) == plain)
    let others = [
      "\(status.st_dev):\(status.st_ino + 1)", "\(status.st_dev + 1):\(status.st_ino)", "", "1:2:3",
    ]
    for other in others {
      #expect(destination(["JOURNAL_STREAM": other], descriptor: ends[1]) == plain)
    }
  }

  @Test func `a terminal gets colours unless it or the user declines`() throws {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(terminal >= 0)
    defer { close(terminal) }
    #expect(destination(["TERM": "xterm"], descriptor: terminal) == .standardError(colours: true))
    for variables in [[:], ["TERM": "dumb"], ["TERM": "xterm", "NO_COLOR": "1"]] {
      #expect(destination(variables, descriptor: terminal) == .standardError(colours: false))
    }
  }
}
