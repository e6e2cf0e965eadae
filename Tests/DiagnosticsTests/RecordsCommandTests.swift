import API
import Diagnostics
import Foundation
import Testing

private let datasets =
  #"{"datasets":[{"id":"population","kind":"record","version":1,"lane":"record","title":{"id":"Kependudukan","en":"Population"},"fields":["#
  + ["nik", "nama", "alamat", "rt"].map {
    #"{"name":"\#($0)","type":"text","title":{"id":"\#($0.uppercased())"},"required":false,"policy":"latest","personal":"none"}"#
  }.joined(separator: ",") + "]}]}"

@Suite struct RecordsCommandTests {
  @Test func `a list has the titles and order of the definition and marks conflicts`() async throws {
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets"
        ? .ok(datasets)
        : .ok(
          #"{"records":[{"id":"9f","version":"v1","fields":{"rt":"003","nama":"SITI","lain":5},"conflicts":{"nama":"open"}},"#
            + #"{"id":"a0","version":"v2","fields":{"nama":"ALI","alamat":null,"rt":null}}],"next":"c"}"#)
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "list", "population", "--limit", "2", "--where", "rt=003",
        "--q", "siti")
      #expect(
        result.output
          == lines(
            "Id  NAMA            RT   lain", "9f  SITI (konflik)  003  5", "a0  ALI             -    -"))
      #expect(result.error == "Masih ada lagi: tambahkan --cursor 'c'\n")
      #expect(daemon.requests.last?.line == "GET /api/v1/datasets/population/records?limit=2&q=siti&rt=003")
      let chosen = await simpulctl(
        "--socket", daemon.socket, "records", "list", "population", "--columns", "rt,nik")
      #expect(chosen.output.hasPrefix("Id  RT   NIK\n"))
      let unknown = await simpulctl("--socket", daemon.socket, "records", "list", "penduduk")
      #expect(unknown.code == 65)
      #expect(unknown.error.contains("population"))
    }
  }

  @Test func `one record can bring its history`() async throws {
    try await TestDaemon.answering({ request in
      switch request.target {
      case "/api/v1/datasets": .ok(datasets)
      case "/api/v1/datasets/population/records/9f/history":
        .ok(
          #"{"history":[{"dot":"d1","node":"disdukcapil","time":"2026-10-04T08:00:00+08:00","suspect":true,"fields":{"no_kk":"7"},"traits":["creation"],"disposition":"pending"}]}"#
        )
      default: .ok(#"{"id":"9f","version":"v1","fields":{"no_kk":"7","nama":"SITI"},"lifecycle":"deleted"}"#)
      }
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "get", "population", "9f", "--history")
      #expect(
        result.output
          == lines(
            "Id       9f", "Versi    v1", "Keadaan  dihapus", "NAMA     SITI", "no_kk    7", "",
            "Waktu                                   Node         Perubahan  Sifat                             Alasan  Dot",
            "2026-10-04T08:00:00+08:00 (1 jam lalu)  disdukcapil  no_kk=7    creation, jam diragukan, pending  -       d1"
          ))
      let json = await simpulctl(
        "--socket", daemon.socket, "records", "get", "population", "9f", "--history", "--json")
      guard case .object(let members) = json.document, case .object(let record) = members["record"],
        case .array(let history) = members["history"]
      else {
        Issue.record("no such document: \(json.output)")
        return
      }
      #expect(record["id"] == .string("9f"))
      #expect(history.count == 1)
    }
  }

  @Test func `put enters by identity or changes by id`() async throws {
    try await TestDaemon.answering({ request in
      request.method == "PATCH"
        ? .ok(#"{"id":"9f","version":"v2","fields":{}}"#)
        : .ok(
          #"{"accepted":1,"duplicates":0,"rejected":[],"rejected_total":0,"stream":{"first":4,"last":4}}"#)
    }).run { daemon in
      let entered = await simpulctl(
        "--socket", daemon.socket, "records", "put", "population", "nama=SITI", "rt=", "x:=5")
      #expect(entered == RunResult(code: 0, output: "population: tersimpan\n", error: ""))
      #expect(daemon.requests.last?.line == "POST /api/v1/datasets/population/records")
      #expect(daemon.requests.last?.body == #"{"nama":"SITI","rt":null,"x":5}"#)
      #expect(daemon.requests.last?.headers["content-type"] == "application/json")
      let changed = await simpulctl(
        "--socket", daemon.socket, "records", "put", "population", "--id", "9f", "--seen", "v1",
        "--correction", "rt=4")
      #expect(changed.code == 0)
      #expect(daemon.requests.last?.line == "PATCH /api/v1/datasets/population/records/9f?correction=true")
      #expect(daemon.requests.last?.headers["if-match"] == "\"v1\"")
    }
  }

  @Test func `a row that is refused says why`() async throws {
    let body =
      #"{"accepted":0,"duplicates":0,"rejected":[{"line":1,"field":"nik","reason":"harus 16 angka"}],"rejected_total":1,"stream":null}"#
    try await TestDaemon.answering({ _ in TestDaemon.Answer(status: 422, body: body) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "put", "population", "nik=1", "--json")
      #expect(
        result
          == RunResult(code: 65, output: body + "\n", error: "simpulctl: population: nik: harus 16 angka\n"))
    }
  }

  @Test func `an edit that came too late says how to look again`() async throws {
    try await TestDaemon.answering({ _ in .error(412, "changed", "Sudah diubah.") }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "delete", "population", "9f", "--seen", "v1")
      #expect(result.code == 65)
      #expect(result.error.contains("simpulctl records get population 9f"))
      #expect(daemon.requests.first?.line == "DELETE /api/v1/datasets/population/records/9f")
    }
  }
}

@Suite struct TransferTests {
  private func intake(_ accepted: Int, rejectedLine: Int? = nil) -> String {
    let rejected = rejectedLine.map { #"{"line":\#($0),"field":"nik","reason":"salah"}"# } ?? ""
    return
      #"{"accepted":\#(accepted),"duplicates":0,"rejected":[\#(rejected)],"rejected_total":\#(rejectedLine == nil ? 0 : 1),"stream":null}"#
  }

  /// A table of more than one piece: about 5 MB.
  private func bigTable(in directory: TemporaryDirectory) throws -> (path: String, rowCount: Int) {
    let row = "7312044107900001,SITI " + String(repeating: "x", count: 979) + "\n"
    let path = directory.path + "/penduduk.csv"
    try ("nik,nama\n" + String(repeating: row, count: 5000)).write(
      toFile: path, atomically: true, encoding: .utf8)
    return (path, 5000)
  }

  @Test func `a large table goes in pieces, and refused rows are told by the file's lines`() async throws {
    let directory = try TemporaryDirectory()
    let table = try bigTable(in: directory)
    let answer = self.intake
    try await TestDaemon.answering({ request in
      let lineCount = request.body.utf8.count { $0 == 10 }
      guard request.body.hasPrefix("nik,nama\n"), request.body.hasSuffix("x\n"),
        request.body.utf8.count <= 8 << 20
      else {
        return .error(400, "cut", "potongan salah")
      }
      return .ok(answer(lineCount - 2, lineCount))
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", table.path, "--source", "dukcapil",
        isTerminal: true)
      let requests = daemon.requests
      #expect(requests.count == 3)
      #expect(requests.allSatisfy { $0.line == "POST /api/v1/datasets/population/records?source=dukcapil" })
      #expect(requests.allSatisfy { $0.headers["content-type"] == "text/csv" })
      #expect(requests.map { $0.body.utf8.count { $0 == 10 } - 1 }.reduce(0, +) == table.rowCount)
      #expect(result.code == 65)
      // The last row of the last piece is the last line of the file.
      #expect(result.output.contains("\n 5001  nik     salah\n"))
      #expect(result.output.contains("4.997"))
      #expect(result.error.contains(" %  "))
      #expect(result.error.contains("3 baris ditolak"))
    }
  }

  @Test func `an import that is cut off says how far it came`() async throws {
    let directory = try TemporaryDirectory()
    let table = try bigTable(in: directory)
    let answer = self.intake
    let first = Latch()
    try await TestDaemon.answering({ _ in
      first.isFirst() ? .ok(answer(10, nil)) : .error(507, "full", "Penyangga penuh.")
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", table.path, "--json")
      #expect(result.code == 1)
      #expect(result.output.isEmpty)
      #expect(result.error.contains("Penyangga penuh."))
      #expect(result.error.contains("baris 1-20"))
      #expect(result.error.contains("boleh diulang"))
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
    case "/api/v1/datasets/population/records?limit=1000":
      .ok(
        #"{"records":[{"id":"9f","version":"v1","fields":{"nik":"1","nama":"SITI, \"S\"","alamat":null}}],"next":"c 1"}"#
      )
    default: .ok(#"{"records":[{"id":"a0","version":"v2","fields":{"nik":"2","rt":"003"}}],"next":null}"#)
    }
  }

  @Test func `an export pages through to CSV, NDJSON or one document`() async throws {
    try await TestDaemon.answering(Self.pages).run { daemon in
      let csv = await simpulctl("--socket", daemon.socket, "records", "export", "population")
      #expect(csv.output == "nik,nama,alamat,rt\r\n1,\"SITI, \"\"S\"\"\",,\r\n2,,,003\r\n")
      #expect(daemon.requests.last?.target == "/api/v1/datasets/population/records?limit=1000&cursor=c%201")
      let ndjson = await simpulctl(
        "--socket", daemon.socket, "records", "export", "population", "--format", "ndjson", "--with-id")
      #expect(
        ndjson.output
          == lines(
            #"{"id":"9f","nama":"SITI, \"S\"","nik":"1","version":"v1"}"#,
            #"{"id":"a0","nik":"2","rt":"003","version":"v2"}"#))
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

  @Test func `a daemon that sends the same page again and again is left`() async throws {
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets" ? .ok(datasets) : .ok(#"{"records":[],"next":"c"}"#)
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "export", "population")
      #expect(result.code == 69)
      #expect(daemon.requests.count == 3)
    }
  }
}

/// Safe because the flag is read and set under the lock.
private final class Latch: @unchecked Sendable {
  private let lock = NSLock()
  private var used = false

  func isFirst() -> Bool {
    lock.withLock {
      defer { used = true }
      return !used
    }
  }
}
