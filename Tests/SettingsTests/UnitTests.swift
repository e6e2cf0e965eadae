import Datasets
import Testing

@testable import Settings

@Suite struct UnitTests {
  @Test(
    "sizes are whole numbers with a unit",
    arguments: [
      ("2GB", 2_000_000_000), ("512MiB", 512 << 20), ("100kB", 100_000), ("100KB", 100_000), ("0B", 0),
      ("7B", 7), ("1KiB", 1024), ("3TiB", 3 << 40), ("1TB", 1_000_000_000_000), ("08MB", 8_000_000),
    ])
  func size(text: String, bytes: Int) { #expect(ByteSize(text)?.bytes == bytes) }

  @Test(
    "other sizes are refused",
    arguments: [
      "", "2", "GB", "2gb", "2 GB", "-2GB", "1.5GB", "2GBx", "99999999999999999999GB",
      "9223372036854775807TB", "２GB",
    ])
  func badSize(text: String) { #expect(ByteSize(text) == nil) }

  @Test(
    "a size is written in the largest unit that fits, and read back",
    arguments: [
      (2_000_000_000, "2GB"), (512 << 20, "512MiB"), (1_500_000, "1500kB"), (1023, "1023B"), (0, "0B"),
      (1 << 40, "1TiB"),
    ])
  func sizeText(bytes: Int, text: String) {
    #expect(ByteSize(bytes: bytes).description == text)
    #expect(ByteSize(text)?.bytes == bytes)
  }

  @Test(
    "durations are whole numbers with a unit",
    arguments: [
      ("60s", Duration.seconds(60)), ("7d", .seconds(604_800)), ("5m", .seconds(300)),
      ("12h", .seconds(43_200)),
      ("250ms", .milliseconds(250)), ("0s", .zero), ("36525d", .seconds(36_525 * 86_400)),
    ])
  func duration(text: String, duration: Duration) { #expect(DurationText.parse(text) == duration) }

  @Test(
    "other durations are refused",
    arguments: ["", "60", "s", "1.5h", "-1s", "1 s", "1S", "1min", "36526d", "9223372036854775807d", "1us"])
  func badDuration(text: String) { #expect(DurationText.parse(text) == nil) }

  @Test(
    "a duration is written in the largest unit that fits",
    arguments: [
      (Duration.seconds(60), "1m"), (.seconds(604_800), "7d"), (.milliseconds(1_500), "1500ms"),
      (.zero, "0s"),
      (.seconds(90), "90s"), (.nanoseconds(1), "0s"), (.seconds(Int64.max), "9223372036854775807ms"),
    ])
  func durationText(duration: Duration, text: String) { #expect(DurationText.text(duration) == text) }

  @Test(
    "hosts and ports",
    arguments: [
      ("127.0.0.1:7381", "127.0.0.1", 7381), ("scc.example:7312", "scc.example", 7312),
      ("[::1]:80", "::1", 80),
      ("[2001:db8::10.0.0.1]:1", "2001:db8::10.0.0.1", 1), ("*:7312", "*", 7312), ("0.0.0.0:0", "0.0.0.0", 0),
      ("a_b-c.d:65535", "a_b-c.d", 65_535), ("[1:2:3:4:5:6:7:8]:9", "1:2:3:4:5:6:7:8", 9),
    ])
  func hostPort(text: String, host: String, port: Int) {
    #expect(HostPort(text) == HostPort(host: host, port: port))
    #expect(HostPort(text)?.description == text)
  }

  @Test(
    "other hosts and ports are refused",
    arguments: [
      "", ":", "80", ":80", "host:", "host:65536", "host:+1", "host:080000", "10.0.1:80", "1.2.3.256:80",
      "1.2.3.4.5:80",
      "a..b:80", "-a:80", "a b:80", "::1:80", "[::1]80", "[::1:80", "[]:80", "[:::]:80",
      "[1:2:3:4:5:6:7:8:9]:80",
      "[1::2::3]:80", "[12345::]:80", "[fe80::1%eth0]:80", "[::x]:80", "host/:80", "user@host:80",
      "ho\u{0}st:80", "é:80",
    ])
  func badHostPort(text: String) { #expect(HostPort(text) == nil) }

  @Test(
    "wildcards",
    arguments: [
      ("0.0.0.0:1", true), ("[::]:1", true), ("[0:0:0:0:0:0:0:0]:1", true), ("*:1", true),
      ("127.0.0.1:1", false),
      ("[::1]:1", false), ("0.example:1", false),
    ])
  func wildcard(text: String, isWildcard: Bool) throws {
    #expect(try #require(HostPort(text)).isWildcard == isWildcard)
  }

  @Test(
    "only tcp endpoints",
    arguments: [
      ("tcp://scc.example:7312", true), ("tcp://*:7312", true), ("ipc:///x", false),
      ("scc.example:7312", false),
      ("tcp://scc.example", false), ("tcp://scc.example:7312/", false), ("TCP://a:1", false),
    ])
  func endpoint(text: String, isEndpoint: Bool) {
    #expect((Endpoint(text) != nil) == isEndpoint)
    if isEndpoint { #expect(Endpoint(text)?.description == text) }
  }

  @Test func `a public key is 40 characters of Z85 that stand for 32 bytes`() {
    // From the ZeroMQ manual (zmq_curve).
    #expect(Z85Key("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID") != nil)
    #expect(Z85Key("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI") == nil)
    #expect(Z85Key("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI\"") == nil)
    // Beyond 32 bits in the first group.
    #expect(Z85Key("#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID") == nil)
  }

  @Test(
    "edit distance",
    arguments: [
      ("quota", "quota", 0), ("quotta", "quota", 1), ("qouta", "quota", 1), ("", "abc", 3), ("abc", "", 3),
      ("kitten", "sitting", 3),
    ])
  func distance(left: String, right: String, distance: Int) {
    #expect(EditDistance.between(left, right) == distance)
  }

  @Test func `the nearest word is found only when it is near`() {
    #expect(EditDistance.nearest(to: "lisen", among: ["listen", "lessen"]) == "listen")
    #expect(EditDistance.nearest(to: "xyz", among: ["listen", "allow"]) == nil)
    #expect(EditDistance.nearest(to: "id", among: ["en"]) == nil)
  }
}
