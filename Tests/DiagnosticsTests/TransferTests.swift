import API
import Datasets
import Diagnostics
import Foundation
import Replication
import Testing

private let datasets = RecordsFixture.datasets

/// Files of records on their way in and out.
@Suite struct TransferTests {
  private func intake(_ accepted: Int, rejectedLine: Int? = nil) -> String {
    let rejected = rejectedLine.map { #"{"line":\#($0),"field":"nik","reason":"salah"}"# } ?? ""
    return
      #"{"accepted":\#(accepted),"duplicates":0,"rejected":[\#(rejected)],"rejected_total":\#(rejectedLine == nil ? 0 : 1),"stream":null}"#
  }

  /// A table of about 5 MB, far more than is read at once.
  private func bigTable(in directory: TemporaryDirectory) throws -> (path: String, rowCount: Int) {
    let row = "7312044107900001,SITI " + String(repeating: "x", count: 979) + "\n"
    let path = directory.path + "/penduduk.csv"
    try ("nik,nama\n" + String(repeating: row, count: 5000)).write(
      toFile: path, atomically: true, encoding: .utf8)
    return (path, 5000)
  }

  @Test func `a large table goes as one request, and refused rows are told by the file's lines`() async throws {
    let directory = try TemporaryDirectory()
    let table = try bigTable(in: directory)
    let answer = self.intake
    try await TestDaemon.answering({ request in
      .ok(answer(request.body.utf8.count { $0 == 10 } - 2, 5001))
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", table.path, "--source", "dukcapil",
        isTerminal: true)
      let request = try #require(daemon.requests.first)
      #expect(daemon.requests.count == 1)
      #expect(request.line == "POST /api/v1/datasets/population/records?source=dukcapil")
      #expect(request.headers["content-type"] == "text/csv")
      let file = try String(contentsOfFile: table.path, encoding: .utf8)
      #expect(request.body == file)
      #expect(result.code == 65)
      #expect(result.output.contains("\n 5001  nik    salah\n"))
      #expect(result.output.contains("4.999"))
      #expect(result.error.contains(" %  ") && result.error.contains("baris/detik"))
      #expect(result.error.contains("penduduk.csv:5001: 1 baris ditolak"))
    }
  }

  @Test func `a file without rows is no success`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/kosong.csv"
    try Data("NIK;Nama\r\n".utf8).write(to: URL(fileURLWithPath: path))
    let reply =
      #"{"accepted":0,"duplicates":0,"rejected":[],"rejected_total":0,"stream":null,"error":"no_rows","message":"x"}"#
    try await TestDaemon.answering({ _ in TestDaemon.Answer(status: 422, body: reply) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "import", "population", path)
      #expect(result.code == 65 && result.error.contains("kosong.csv: Tidak ada satu baris data pun"), "\(result)")
    }
  }

  @Test func `an import that is cut off says why and that it may be run again`() async throws {
    let directory = try TemporaryDirectory()
    let table = try bigTable(in: directory)
    try await TestDaemon.answering({ _ in .error(507, "full", "Penyangga penuh sesudah 20 baris tersimpan.") }).run {
      daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", table.path, "--json")
      #expect(result.code == 1)
      #expect(result.output.isEmpty)
      #expect(result.error.contains("sesudah 20 baris tersimpan"))
      #expect(result.error.contains("boleh diimpor ulang"))
    }
    try await TestDaemon.answering({ _ in nil }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "import", "population", table.path)
      #expect(result.code == 69)
      #expect(result.error.contains("tidak digandakan"))
    }
  }

  private static let tried =
    #"{"accepted":3,"changed":1,"created":1,"dry_run":true,"duplicates":1,"held":1,"rejected":[{"code":"held","field":"alamat","line":4,"reason":"ditahan"}],"#
    + #""rejected_total":1,"rows":[{"fields":[{"field":"alamat","new":"JL. B","old":"JL. A"},{"field":"rt","new":"003"}],"line":2,"outcome":"changed","record":"9f"},"#
    + #"{"fields":[{"field":"nama","new":"SITI"},{"field":"rt","new":"1"}],"line":3,"outcome":"new","suspicion":"same_number"},{"fields":[],"line":5,"outcome":"same"},"#
    + #"{"fields":[{"field":"alamat","held":true,"new":"JL. C","old":null}],"line":4,"outcome":"held"}],"rows_per_outcome_max":100,"name_field":"nama","#
    + #""stream":null,"suspects":1,"unknown_fields":[{"field":"alamt","rows":2,"suggestion":"alamat"}]}"#

  @Test(arguments: [
    (1, ":4: 1 isian ditahan: putuskan dengan simpulctl quarantine list\n"),
    (
      2,
      ":6: 1 baris ditolak: perbaiki dan impor berkasnya lagi; 1 isian ditahan: putuskan dengan simpulctl quarantine list\n"
    ),
  ])
  func `what is held is to be decided, and only what is refused is to be mended`(total: Int, end: String) async throws {
    let refused = total == 2 ? #",{"code":"too_long","field":"nama","line":6,"reason":"panjang"}"# : ""
    let body =
      #"{"accepted":1,"duplicates":0,"held":1,"rejected":[{"code":"held","field":"alamat","line":4,"reason":"ditahan"}"#
      + refused + #"],"rejected_total":\#(total),"stream":null}"#
    let directory = try TemporaryDirectory()
    let path = directory.path + "/x.csv"
    try "nik\n1\n".write(toFile: path, atomically: true, encoding: .utf8)
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "import", "population", path)
      #expect(result.code == 65 && result.error.hasSuffix(end), "\(result.error)")
    }
  }

  @Test func `a dry run shows what would become of the rows`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/x.csv"
    try "nik\n1\n".write(toFile: path, atomically: true, encoding: .utf8)
    try await TestDaemon.answering({ _ in .ok(Self.tried) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "--language", "en", "records", "import", "population", path, "--dry-run")
      #expect(daemon.requests.last?.line == "POST /api/v1/datasets/population/records?dry_run=true")
      #expect(
        result.output
          == lines(
            "Dry run: nothing is stored.", "Accepted               3", "  new                  1",
            "  changed              1", "  already there        1", "Rejected               0",
            "Held for a decision    1", "Perhaps somebody else  1", "",
            "Line  Outcome                       Field   Now    File",
            "   2  changed                       alamat  JL. A  JL. B",
            "                                    rt      -      003",
            "   3  new, number of somebody else  nama    -      SITI",
            "   4  held                          alamat  -      JL. C", "",
            "Line  Field   Reason", "   4  alamat  ditahan", "", "Unknown field  Rows  Meant perhaps",
            "alamt             2  alamat"))
      #expect(result.code == 65)
      // There is nothing to mend: what is held is decided, once it is there.
      #expect(
        result.error.hasSuffix(
          "x.csv:4: 1 values would be held: after the import decide them, simpulctl quarantine list\n"))
      let json = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", path, "--dry-run", "--json")
      #expect(json.output == Self.tried + "\n" && json.code == 65)
    }
  }

  @Test func `NDJSON goes as such, and all is well`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/x.ndjson"
    try "{\"nik\":\"1\"}\n".write(toFile: path, atomically: true, encoding: .utf8)
    let answer = intake(1)
    try await TestDaemon.answering({ _ in .ok(answer) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", path, "--json")
      #expect(result.code == 0)
      #expect(result.error.isEmpty)
      #expect(
        result.output == #"{"accepted":1,"duplicates":0,"rejected":[],"rejected_total":0,"stream":null}"#
          + "\n")
      #expect(daemon.requests.first?.headers["content-type"] == "application/x-ndjson")
      let missing = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", path + ".csv")
      #expect(missing.code == 65)
      #expect(missing.error.contains("x.ndjson.csv: tidak dapat dibaca"))
    }
  }

  private static let pages: TestDaemon.Script = { request in
    switch request.target {
    case "/api/v1/datasets": .ok(datasets)
    case "/api/v1/export-key": .ok(#"{"key":"\#(exportKey?.text ?? "")"}"#)
    case "/api/v1/datasets/population/records?limit=1000":
      .ok(
        #"{"records":[{"id":"9f","version":"v1","fields":{"nik":"1","nama":"SITI, \"S\"","alamat":null}}],"next":"c 1"}"#
      )
    default: .ok(#"{"records":[{"id":"a0","version":"v2","fields":{"nik":"2","rt":"003"}}],"next":null}"#)
    }
  }

  private static let exportKey = FleetKey(version: 1, secret: [UInt8](repeating: 7, count: 32)).map {
    ExportKey(of: $0, salt: [UInt8](repeating: 9, count: ExportKey.saltBytes))
  }

  /// The version, and what tells later which cells were changed.
  private static func versions() throws -> [String] {
    let key = try #require(exportKey)
    return [
      ExportedVersion.text(version: "v1", cells: [("nik", "1"), ("nama", "SITI, \"S\"")], key: key),
      ExportedVersion.text(version: "v2", cells: [("rt", "003"), ("nik", "2")], key: key),
    ]
  }

  @Test func `an export pages through to CSV, NDJSON or one document`() async throws {
    try await TestDaemon.answering(Self.pages).run { daemon in
      let csv = await simpulctl("--socket", daemon.socket, "records", "export", "population")
      let own = try Self.versions()
      #expect(
        csv.output
          == "id,version,nik,nama,alamat,rt\r\n9f,\(own[0]),1,\"SITI, \"\"S\"\"\",,\r\na0,\(own[1]),2,,,003\r\n")
      let plain = await simpulctl("--socket", daemon.socket, "records", "export", "population", "--without-id")
      #expect(plain.output == "nik,nama,alamat,rt\r\n1,\"SITI, \"\"S\"\"\",,\r\n2,,,003\r\n")
      #expect(daemon.requests.last?.target == "/api/v1/datasets/population/records?limit=1000&cursor=c%201")
      let ndjson = await simpulctl(
        "--socket", daemon.socket, "records", "export", "population", "--format", "ndjson")
      #expect(
        ndjson.output
          == lines(
            #"{"id":"9f","nama":"SITI, \"S\"","nik":"1","version":"\#(own[0])"}"#,
            #"{"id":"a0","nik":"2","rt":"003","version":"\#(own[1])"}"#))
      let json = await simpulctl("--socket", daemon.socket, "records", "export", "population", "--json")
      guard case .object(let members) = json.document, case .array(let records) = members["records"] else {
        Issue.record("no document: \(json.output)")
        return
      }
      #expect(records.count == 2)
    }
  }

  @Test func `an exported file appears whole and for its owner alone, or not at all`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/out.ndjson"
    try await TestDaemon.answering(Self.pages).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "export", "population", "-o", path)
      #expect(result == RunResult(code: 0, output: "", error: "\(path): 2 data\n"))
      #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let again = ["--socket", daemon.socket, "records", "export", "population", "-o", path]
      let kept = await simpulctl(again)
      #expect(kept.code == 65 && kept.error.contains("out.ndjson sudah ada; beri nama lain atau --replace"), "\(kept)")
      #expect(await simpulctl(again + ["--replace"]).code == 0)
    }
    try await TestDaemon.answering({ request in
      request.target.contains("cursor") ? .error(500, "internal", "Rusak.") : Self.pages(request)
    }).run { daemon in
      let other = directory.path + "/other.csv"
      let result = await simpulctl("--socket", daemon.socket, "records", "export", "population", "-o", other)
      #expect(result.code == 1)
      let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
      #expect(left == ["out.ndjson"])
      let nowhere = await simpulctl(
        "--socket", daemon.socket, "records", "export", "population", "-o", "/nonexistent/x.csv")
      #expect(nowhere.code == 1)
      #expect(nowhere.error.contains("/nonexistent/x.csv: tidak dapat ditulis"))
    }
  }

  @Test func `an exported file whose identifiers are masked is said to be so`() async throws {
    let directory = try TemporaryDirectory()
    let nik = #"{"id":"NIK"},"required":false,"policy":"latest","personal":"#
    let declared = datasets.replacing(nik + #""none""#, with: nik + #""identifier""#)
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets"
        ? .ok(declared)
        : .ok(#"{"records":[{"id":"9f","version":"v1","fields":{"nik":"731204******0001","alamat":"*"}}],"next":null}"#)
    }).run { daemon in
      let path = directory.path + "/a.csv"
      let result = await simpulctl("--socket", daemon.socket, "records", "export", "population", "-o", path)
      #expect(result.code == 0 && result.error.contains("disamarkan") && result.error.contains("--reason"), "\(result)")
    }
  }

  @Test func `a daemon that sends the same page again and again is left`() async throws {
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets" ? .ok(datasets) : .ok(#"{"records":[],"next":"c"}"#)
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "export", "population")
      #expect(result.code == 69)
      #expect(daemon.requests.count == 4)
    }
  }
}
