import Collectors
import Datasets
import Testing

@Suite struct AttlogParserTests {
  func push(_ text: String) -> [String] {
    AttlogParser(layout: .push, device: "SN1").parse(text).map(\.shown)
  }

  func export(_ text: String, fileName: String = "1_attlog.dat", swaps: Bool = false) -> [String] {
    AttlogParser(layout: .export, fileName: fileName, swapsStatusAndVerify: swaps).parse(text).map(\.shown)
  }

  @Test(arguments: [
    ("7\t2024-07-07 01:29:01\t0\t1\t0\t0\t0\t0\t0\t0\t", "status=0 verify=1 workcode=0"),
    ("7\t2024-07-07 01:29:01", "status=255"), ("7\t2024-07-07 01:29:01\t1\t15", "status=1 verify=15"),
    ("7\t2024-07-07 01:29:01\t4\t1\t9", "status=4 verify=1 workcode=9"),
    ("7\t2024-07-07 01:29:01\t\t1\t\t", "status=255 verify=1"),
    ("7\t2024-07-07 01:29:01\t0\t1\t0\r", "status=0 verify=1 workcode=0"),
    ("7 2024-07-07 01:29:01 0 1 0", "status=0 verify=1 workcode=0"),
    ("        7\t2024-07-07 01:29:01\t0", "status=0"),
    ("3511\t7\t2024-07-07 01:29:01\t0\t1", "status=0 verify=1"),
    ("3511 7 2024-07-07 01:29:01 0 1", "status=0 verify=1"),
    ("Time=2024-07-07 01:29:01\tPIN=7\tStatus=0\tVerify=1\tWorkCode=", "status=0 verify=1"),
    ("Time=2024-07-07 01:29:01\tPIN=7", "status=255"),
  ])
  func `every push shape that was seen is one punch`(line: String, rest: String) {
    #expect(push(line + "\n") == ["1: device=SN1 pin=7 time=2024-07-07 01:29:01 " + rest])
  }

  @Test func `CR LF, blank lines and a missing last line end do not matter`() {
    let rows = push("7\t2024-07-07 01:29:01\t0\r\n\r\n8\t2024-07-07 01:29:02\t1")
    #expect(
      rows == [
        "1: device=SN1 pin=7 time=2024-07-07 01:29:01 status=0",
        "3: device=SN1 pin=8 time=2024-07-07 01:29:02 status=1",
      ])
  }

  @Test func `a number in column 1 is no row id when column 2 is a time`() {
    let twoTimes = push("3511\t2024-07-07 01:29:01\t2024-07-07 01:29:05\n")
    #expect(twoTimes.first?.hasPrefix("1: device=SN1 pin=3511 time=2024-07-07 01:29:01 ") == true)
    #expect(
      push("2024\t2024-07-07 01:29:01\t0\n") == ["1: device=SN1 pin=2024 time=2024-07-07 01:29:01 status=0"])
  }

  @Test(arguments: [
    ("7\t1999-12-31 23:59:59\t0", "time_before_2000"), ("7\t0000-00-00 00:00:00\t0", "time_before_2000"),
    ("7\t2024-13-07 01:29:01\t0", "not_a_punch"), ("7\t2024-07-07 01:29\t0", "not_a_punch"),
    ("7", "not_a_punch"),
    ("\t2024-07-07 01:29:01\t0", "not_a_punch"), ("7\tx\ty", "not_a_punch"), ("PIN=7\tTime=x", "not_a_punch"),
    ("=", "not_a_punch"),
  ])
  func `a line that is no punch is a problem, and the next one is read`(line: String, code: String) {
    let rows = push(line + "\n8\t2024-07-07 01:29:02\t1\n")
    #expect(rows == ["1! \(code)", "2: device=SN1 pin=8 time=2024-07-07 01:29:02 status=1"])
  }

  @Test func `a problem never repeats the PIN`() {
    for case .problem(let row) in AttlogParser(layout: .push, device: "SN1").parse(
      "98765\t1999-01-01 00:00:00\n98765 x\n")
    {
      #expect(
        !row.problem.reason.indonesian.contains("98765") && !row.problem.reason.english.contains("98765"))
    }
  }

  @Test func `a USB export has the device id before the status`() {
    let rows = export("        7\t2024-07-07 01:29:01\t1\t0\t15\t2\r\n", fileName: "CKJF1234_attlog.dat")
    #expect(rows == ["1: device=CKJF1234 pin=7 time=2024-07-07 01:29:01 status=0 verify=15 workcode=2"])
  }

  @Test func `swapped columns are swapped back`() {
    let rows = export("7\t2024-07-07 01:29:01\t1\t15\t0\t2\n", swaps: true)
    #expect(rows == ["1: device=1 pin=7 time=2024-07-07 01:29:01 status=0 verify=15 workcode=2"])
  }

  @Test func `a serial number first and a checksum last are no punches`() {
    let rows = export("CKJF1234\r\n7\t2024-07-07 01:29:01\t1\t0\t1\t0\r\n48213\r\n\r\n")
    #expect(rows == ["2: device=CKJF1234 pin=7 time=2024-07-07 01:29:01 status=0 verify=1 workcode=0"])
  }

  @Test func `a lone word elsewhere is a broken line`() {
    #expect(export("CKJF1234\n55\n7\t2024-07-07 01:29:01\t1\t0\n77").first == "2! not_a_punch")
    // Without a serial number line, a lone last word is a line cut off.
    #expect(export("7\t2024-07-07 01:29:01\t1\t0\n77").last == "2! not_a_punch")
    #expect(export("7\n") == ["1! not_a_punch"])
  }

  @Test(
    arguments: [
      ("1_attlog.dat", "1"), ("CKJF1234_attlog.dat", "CKJF1234"), ("CKJF-12_ATTLOG.DAT", "CKJF-12"),
      ("attlog.dat", nil),
      ("a b_attlog.dat", nil), ("_attlog.dat", nil),
    ] as [(String, String?)])
  func `the device is what stands before the underscore`(name: String, device: String?) {
    #expect(AttlogParser.device(inFileName: name) == device)
  }

  @Test func `without a name the device id of the line is the device, and without that there is none`() {
    #expect(
      export("7\t2024-07-07 01:29:01\t3\t0\n", fileName: "attlog.dat") == [
        "1: device=3 pin=7 time=2024-07-07 01:29:01 status=0"
      ])
    #expect(export("7\t2024-07-07 01:29:01\n", fileName: "attlog.dat") == ["1! required"])
  }

  @Test func `an endless line is one problem`() {
    let rows = push(String(repeating: "7", count: 100_000) + "\n8\t2024-07-07 01:29:02\t1\n")
    #expect(rows == ["1! not_a_punch", "2: device=SN1 pin=8 time=2024-07-07 01:29:02 status=1"])
  }

  @Test func `a form body gives its lines`() throws {
    let body =
      "SN=CKJF1234&table=ATTLOG&Stamp=9999&data=7%092024-07-07+01%3A29%3A01%090%0A8\t2024-07-07 01:29:02\t1"
    let form = try #require(AttlogForm(Array(body.utf8)))
    #expect(form.serialNumber == "CKJF1234")
    #expect(form.table == "ATTLOG")
    #expect(form.stamp == "9999")
    let rows = AttlogParser(layout: .push, device: form.serialNumber).parse(form.data).map(\.shown)
    #expect(
      rows == [
        "1: device=CKJF1234 pin=7 time=2024-07-07 01:29:01 status=0",
        "2: device=CKJF1234 pin=8 time=2024-07-07 01:29:02 status=1",
      ])
    for other in ["7\t2024-07-07 01:29:01\t0", "Time=2024-07-07 01:29:01\tPIN=7", "", "a=b", "a=b&c=d"] {
      #expect(AttlogForm(Array(other.utf8)) == nil)
    }
  }

  @Test func `punches become valid events in local time`() throws {
    let validator = RowValidator(definition: Fixture.attendance)
    guard
      case .row(let row)? = AttlogParser(layout: .push, device: "SN1").parse(
        "7\t2024-07-07 01:29:01\t0\t1\t0\n"
      ).first
    else {
      Issue.record("no row")
      return
    }
    let valid = try validator.validate(row).get()
    #expect(valid.fields.map(\.value.text) == ["SN1", "7", "2024-07-07T01:29:01+08:00", "0", "1", "0"])
  }
}
