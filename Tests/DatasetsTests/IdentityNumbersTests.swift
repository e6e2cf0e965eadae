import Testing

@testable import Datasets

@Suite struct IdentityNumbersTests {
  @Test(arguments: [
    ("7312040505680001", "****************"), ("a 7312040505680001b", "a ****************b"),
    ("198503072009012005", "******************"), ("7312 0405 0568 0001", "**** **** **** ****"),
    ("73.12.04.050568.0001", "**.**.**.******.****"),
    ("7312040505680001 7312040505680002", "**************** ****************"),
  ])
  func `a number in a text is masked, however it is written`(text: String, masked: String) {
    #expect(IdentityNumbers.masked(text) == masked)
    #expect(IdentityNumbers.areIn(text))
    #expect(!IdentityNumbers.areIn(masked))
  }

  @Test(arguments: [
    "", "JL. MERDEKA 12", "0812-3456-7890", "731204050568000", "73120405056800012", "2026-11-29T23:10:16+08:00",
    "01f27312040505680001aabbccddeeff", "73.12.04.1001 73.12.04.1002", "1.000.000.000.000", "5.7312040505680001",
  ])
  func `other texts stay as they are`(text: String) { #expect(IdentityNumbers.masked(text) == text) }

  /// Walking the whole word for each of its runs would take hours.
  @Test(.timeLimit(.minutes(1)))
  func `a long word of many runs is looked at once`() {
    let word = String(repeating: "1234567890123456a", count: 60_000)
    #expect(!IdentityNumbers.areIn(word))
    #expect(IdentityNumbers.areIn(word + " 7312040505680001"))
  }

  @Test func `what was masked is known again`() {
    #expect(IdentityNumbers.isMasked(IdentityNumbers.masked("NIK 7312040505680001")))
    #expect(!IdentityNumbers.isMasked("*** penting ***"))
  }

  @Test func `a NIK beside a birth date hides its serial too`() {
    #expect(CivilNumber.masked("7312040505680001") == "731204******0001")
    #expect(CivilNumber.masked("7312040505680001", hidesSerial: true) == "731204**********")
  }

  @Test func `a problem never names a number, whatever a column is called`() {
    let problem = FieldProblem(
      field: "7312040505680001", code: "x", reason: BilingualText(id: "a", en: "b"))
    #expect(problem.field == "****************")
  }
}
