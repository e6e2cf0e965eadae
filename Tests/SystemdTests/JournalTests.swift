import Logging
import Testing

@testable import Systemd

@Suite struct JournalTests {
  @Test(arguments: [
    ("node", "SIMPUL_NODE"), ("dataset", "SIMPUL_DATASET"), ("position", "SIMPUL_POSITION"),
    ("rtt_ms", "SIMPUL_RTT_MS"), ("rtt-ms", "SIMPUL_RTT_MS"), ("error.message", "SIMPUL_ERROR_MESSAGE"),
    ("a=b\nPRIORITY=0", "SIMPUL_A_B_PRIORITY_0"), ("é", "SIMPUL__"), ("ß", "SIMPUL__"), ("", "SIMPUL_"),
    ("9", "SIMPUL_9"), ("_x", "SIMPUL__X"),
  ])
  func `a metadata key becomes a name that the journal accepts`(key: String, name: String) {
    #expect(JournalField.name(forMetadataKey: key) == name)
  }

  @Test func `a long key is cut to what the journal keeps`() {
    let name = JournalField.name(forMetadataKey: String(repeating: "k", count: 500))
    #expect(name == "SIMPUL_" + String(repeating: "K", count: 57))
    #expect(name.utf8.count == JournalField.nameBytesMax)
  }

  @Test(arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
  func `levels become syslog priorities`(level: Logger.Level, priority: Int) {
    #expect(JournalField.priority(of: level) == priority)
  }

  @Test func `an event becomes one entry whose metadata are fields`() {
    let entries = Recorder<[JournalField]>()
    var handler = JournalHandler(label: "uplink", identifier: "simpul-agent") { fields in
      entries.append(fields)
      return true
    }
    handler[metadataKey: "node"] = "disdukcapil"
    handler[metadataKey: "position"] = "1"
    handler.log(event: event(.warning, "refused\ntwice", metadata: ["position": "41", "nik": "7312"]))
    #expect(
      entries.all == [
        [
          JournalField("MESSAGE", "refused\ntwice"), JournalField("PRIORITY", "4"),
          JournalField("SYSLOG_IDENTIFIER", "simpul-agent"), JournalField("SIMPUL_LOGGER", "uplink"),
          JournalField("CODE_FILE", "Agent/Uplink.swift"), JournalField("CODE_LINE", "7"),
          JournalField("CODE_FUNC", "run()"), JournalField("SIMPUL_NIK", "***"),
          JournalField("SIMPUL_NODE", "disdukcapil"), JournalField("SIMPUL_POSITION", "41"),
        ]
      ])
  }

  @Test func `the journal library takes an entry, or the journal is not there`() {
    // sd_journal_sendv(3) answers 0 as well when no journal runs: this proves that the call is well formed.
    let handler = JournalHandler(label: "test", identifier: "simpul-test", level: .info)
    handler.log(event: event(.debug, "a test of the journal handler\nin two lines", metadata: ["node": "x"]))
  }
}
