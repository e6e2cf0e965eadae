import HTTPServing
import Testing

@Suite struct PrometheusTextTests {
  @Test func `families and samples stand in one order whatever the order of adding`() {
    var metrics = PrometheusText()
    metrics.add("b_total", .counter, "Second.", [.init([("node", "z")], 1), .init([("node", "a")], 2)])
    metrics.add("a_bytes", .gauge, "First.", 7)
    #expect(
      metrics.text == """
        # HELP a_bytes First.
        # TYPE a_bytes gauge
        a_bytes 7
        # HELP b_total Second.
        # TYPE b_total counter
        b_total{node="a"} 2
        b_total{node="z"} 1

        """)
  }

  @Test func `labels and help are escaped`() {
    var metrics = PrometheusText()
    metrics.add("x", .gauge, "a\\b\nc \"d\"", [.init([("l", "a\\b\nc \"d\"")], 1)])
    #expect(metrics.text.contains("# HELP x a\\\\b\\nc \"d\"\n"))
    #expect(metrics.text.contains("x{l=\"a\\\\b\\nc \\\"d\\\"\"} 1\n"))
  }

  @Test func `numbers are written exactly`() {
    var metrics = PrometheusText()
    metrics.add("big", .gauge, "Big.", UInt64.max)
    metrics.add("half", .gauge, "Half.", 1_790_000_000.5)
    metrics.add("no", .gauge, "None.", Double.infinity)
    #expect(metrics.text.contains("big 18446744073709551615\n"))
    #expect(metrics.text.contains("half 1790000000.5\n"))
    #expect(metrics.text.contains("no +Inf\n"))
  }

  @Test func `a family without samples is left out`() {
    var metrics = PrometheusText()
    metrics.add("nothing", .gauge, "Nothing.", [])
    #expect(metrics.text.isEmpty)
  }

  @Test func `the process is found to use memory and files`() throws {
    let figures = ProcessFigures()
    #expect(try #require(figures.residentBytes) > 1 << 20)
    #expect(try #require(figures.openFiles) >= 3)
  }
}
