import API
import Diagnostics
import Foundation
import Testing

@Suite struct DuplicatesCommandTests {
  private static let datasets = RecordsFixture.datasets.replacing(
    #""name":"rt","type":"text""#,
    with: #""name":"rt","codes":{"1":{"id":"Satu","en":"One"}},"type":"text""#)

  private func pair(_ second: String) -> String {
    #"{"id":"population/9f/a0","dataset":"population","kind":"similar","score":97,"state":"open","#
      + #""found":"2026-10-04T08:00:00+08:00","decided":null,"decision":null,"same":[],"differs":["nama","rt"],"nodes":null,"#
      + #""keep":"9f","records":[{"id":"9f","version":"v","fields":{"nama":"RINA","rt":"1"}},\#(second)]}"#
  }

  private func show(_ second: String) async throws -> RunResult {
    let body = pair(second)
    return try await TestDaemon.answering({ $0.target == "/api/v1/datasets" ? .ok(Self.datasets) : .ok(body) }).run {
      await simpulctl("--socket", $0.socket, "duplicates", "show", "population/9f/a0")
    }
  }

  @Test func `both sides show what their codes mean, and the commands that decide`() async throws {
    let result = try await show(#"{"id":"a0","version":"v","fields":{"nama":"RINA H","rt":"2"}}"#)
    #expect(result.output.contains("RT *    1 (Satu)  2"), "\(result.output)")
    #expect(result.error.contains("duplicates distinct 'population/9f/a0'"), "\(result.error)")
  }

  @Test func `of two that were merged and are in question undo is named, and whether each is there`() async throws {
    let result = try await show(
      #"{"id":"a0","version":"v","fields":{"nama":"RINA H","alias_of":"9f"},"lifecycle":"alias","#
        + #""conflicts":{"lifecycle":"open"}}"#)
    #expect(result.output.contains("digabung (konflik)"), "\(result.output)")
    #expect(result.output.contains("keberadaan data") && result.output.contains("digabung ke"), "\(result.output)")
    #expect(result.error.contains("duplicates merge 'population/9f/a0' --keep 9f"), "\(result.error)")
    #expect(result.error.contains("duplicates undo 'population/9f/a0'") && !result.error.contains("distinct"))
  }

  @Test func `titles of several words are taken as they are written`() async throws {
    let body = #"{"id":"population/9f/a0","outcome":"merged","record":"9f"}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      _ = await simpulctl(
        "--socket", daemon.socket, "duplicates", "merge", "population/9f/a0", "--take", "Golongan darah, Telepon",
        "--reason", "KTP")
      #expect(daemon.requests.last?.body.contains(#""take":["Golongan darah","Telepon"]"#) == true)
    }
  }
}
