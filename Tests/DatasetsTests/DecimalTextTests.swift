import Datasets
import Testing

@Suite struct DecimalTextTests {
  @Test(arguments: [
    ("0", "0"), ("-0", "0"), ("00.00", "0"), ("10", "10"), ("1.0", "1"), ("0.10", "0.1"), ("100e-2", "1"),
    ("1E+3", "1000"),
    ("-12.340", "-12.34"), ("123e-5", "0.00123"), ("0e9999", "0"),
  ])
  func `every value has one spelling`(written: String, canonical: String) {
    #expect(DecimalText.canonical(written) == canonical)
    #expect(DecimalText.canonical(canonical) == canonical)
  }

  @Test(arguments: ["", "-", ".5", "5.", "1e", "1e+", "1e99999", "1e41", "abc", "1 2", "１", "--1", "1.2.3"])
  func `what is no number has none`(written: String) {
    #expect(DecimalText.canonical(written) == nil)
  }

  @Test func `digits beyond the bound are refused, not rounded`() {
    #expect(DecimalText.canonical(String(repeating: "9", count: 40)) != nil)
    #expect(DecimalText.canonical(String(repeating: "9", count: 41)) == nil)
    #expect(DecimalText.canonical(String(repeating: "9", count: 100_000)) == nil)
  }
}
