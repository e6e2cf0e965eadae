import Logging
import Systemd
import Testing

@Suite struct RedactionTests {
  @Test(arguments: [
    "nik", "NIK", "nik_ibu", "kk", "no_kk", "noKk", "no-kk", "nip", "pin", "devicePin", "token", "api_token",
    "secret", "key", "secretKey", "fleet.key",
  ])
  func `the value of a telling key is masked`(key: String) {
    #expect(Redaction.standard.text(of: "7312040101900001", under: key) == "***")
    #expect(Redaction.standard.text(of: ["a", "b"], under: key) == "***")
  }

  @Test(arguments: ["node", "keys_total", "spinner", "knikers", "public_key", "key_version", "monkey", ""])
  func `the value of any other key is shown`(key: String) {
    #expect(Redaction.standard.text(of: "disdukcapil", under: key) == "disdukcapil")
  }

  @Test func `nested values are masked by their own keys and come sorted`() {
    let value: Logger.MetadataValue = [
      "nama": "Andi", "alamat": ["b", ["token": "x"]], "nik": ["value": "7312"], "kode": "73.12",
    ]
    #expect(
      Redaction.standard.text(of: value, under: "fields")
        == "{alamat=[b, {token=***}], kode=73.12, nama=Andi, nik=***}")
  }

  @Test(arguments: [
    ("NIK 7312040101900001 is taken", "NIK **************** is taken"),
    ("7312040101900001", "****************"),
    ("KK7312040101900001, NIP 199001012015031001!", "KK****************, NIP ******************!"),
    ("[7312040101900001/7312040101900002]", "[****************/****************]"),
    ("Régence 7312040101900001 é", "Régence **************** é"),
    ("berkas d7312040101900001b.csv", "berkas d****************b.csv"),
    ("NIK 7312 0401 0190 0001, RT 3", "NIK **** **** **** ****, RT 3"),
    ("731204.010190.0001", "******.******.****"),
  ])
  func `an identity number in running text is masked`(text: String, expected: String) {
    #expect(Redaction.standard.text(text) == expected)
    #expect(Redaction.standard.text(of: .string(text), under: "why") == expected)
  }

  @Test(arguments: [
    "731204010190000", "73120401019000012", "digest 9f7312040101900001aa00bb11", "1234567812345678abcdef0123",
    "0.1234567890123456", "73.12.04.1001", "", "sequence 41", "2026-11-29 23:10:16", "0812-3456-7890",
  ])
  func `other numbers stay`(text: String) {
    #expect(Redaction.standard.text(text) == text)
  }

  @Test func `what only turns into an identity number when described is masked as well`() {
    let number: Logger.MetadataValue = .stringConvertible(7_312_040_101_900_001)
    #expect(Redaction.standard.text(of: number, under: "id") == "****************")
  }
}
