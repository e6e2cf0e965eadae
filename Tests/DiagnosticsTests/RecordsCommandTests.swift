import API
import Diagnostics
import Foundation
import Testing

private let datasets = RecordsFixture.datasets

@Suite struct RecordsCommandTests {
  @Test func `a list has the titles and order of the definition and marks conflicts`() async throws {
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets"
        ? .ok(datasets)
        : .ok(
          #"{"records":[{"id":"9f","version":"v1","fields":{"rt":"003","nama":"SITI","lain":5},"conflicts":{"nama":"open"}},"#
            + #"{"id":"a0","version":"v2","lifecycle":"deleted","fields":{"nama":"ALI","alamat":null,"rt":null}}],"next":"c"}"#
        )
    }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "list", "population", "--limit", "2", "--where", "rt=003",
        "--q", "siti")
      #expect(
        result.output
          == lines(
            "Id            NAMA            RT   lain", "9f            SITI (konflik)  003  5",
            "a0 (dihapus)  ALI             -    -"))
      #expect(result.error == "Masih ada lagi: tambahkan --cursor 'c'\n")
      #expect(daemon.requests.last?.line == "GET /api/v1/datasets/population/records?limit=2&q=siti&rt=003")
      let chosen = await simpulctl(
        "--socket", daemon.socket, "records", "list", "population", "--columns", "rt,nik")
      #expect(chosen.output.hasPrefix("Id            RT   NIK\n"))
      // One that nobody declared may be asked for where a record has it.
      #expect(
        await simpulctl("--socket", daemon.socket, "records", "list", "population", "--columns", "lain").code == 0)
      let slip = await simpulctl("--socket", daemon.socket, "records", "list", "population", "--columns", "nma")
      #expect(slip.code == 65 && slip.error.contains("'nma'. Maksudnya 'nama'?"), "\(slip)")
      let unknown = await simpulctl("--socket", daemon.socket, "records", "list", "penduduk")
      #expect(unknown.code == 65)
      #expect(unknown.error.contains("population"))
    }
  }

  @Test func `whether a record is there is told in words, also where that is in conflict`() async throws {
    let body = #"{"id":"9f","version":"v1","fields":{"nama":"SITI"},"conflicts":{"lifecycle":"open"}}"#
    try await TestDaemon.answering({ request in
      request.target == "/api/v1/datasets" ? .ok(datasets) : .ok(body)
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "get", "population", "9f")
      #expect(result.output.hasSuffix("\nkeberadaan data  ada (konflik)\n"), "\(result.output)")
      let english = await simpulctl("--socket", daemon.socket, "records", "get", "population", "9f", "--language", "en")
      #expect(english.output.hasSuffix("\nlifecycle  present (conflict)\n"), "\(english.output)")
    }
  }

  @Test func `one record shows what its codes mean, and that somebody wrote it again after it was merged`() async throws
  {
    let body =
      #"{"id":"9f","version":"v1","fields":{"agama":"1","rt":"003","alias_of":"a0"},"lifecycle":"alias","#
      + #""conflicts":{"lifecycle":"open"}}"#
    let field =
      #"{"name":"agama","type":"code","title":{"id":"Agama"},"required":false,"policy":"latest","#
      + #""personal":"none","codes":{"1":{"id":"Islam","en":"Islam"}}}"#
    let known = datasets.replacing(#""fields":["#, with: #""fields":["# + field + ",")
    try await TestDaemon.answering({ $0.target == "/api/v1/datasets" ? .ok(known) : .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "get", "population", "9f")
      #expect(result.output.contains(" 1 (Islam)\n") && result.output.contains(" 003\n"), "\(result.output)")
      #expect(result.error.contains("digabung ke a0, lalu dicatat") && result.error.contains("duplicates undo"))
    }
  }

  @Test(arguments: [(["--reason", "cek"], true), ([], false)])
  func `who gives a reason and is shown no numbers is told that the role is why`(
    reason: [String], isTold: Bool
  ) async throws {
    let masked = datasets.replacing(
      #""policy":"latest","personal":"none""#, with: #""policy":"latest","personal":"identifier""#)
    let record = #"{"id":"9f","version":"v1","fields":{"nik":"7312**********01"}}"#
    try await TestDaemon.answering({ request in
      switch request.target {
      case "/api/v1/datasets": .ok(masked)
      case let target where target.hasSuffix("/9f"): .ok(record)
      default: .ok(#"{"records":[\#(record)],"next":null}"#)
      }
    }).run { daemon in
      for command in [["list", "population"], ["get", "population", "9f"]] {
        let result = await simpulctl(["--socket", daemon.socket, "records"] + command + reason)
        #expect(result.code == 0 && result.error.contains("peran ini tidak membuka nomor") == isTold, "\(result)")
      }
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
            "Waktu                                   Node         Perubahan  Sifat                                                Alasan  Dot",
            "2026-10-04T08:00:00+08:00 (1 jam lalu)  disdukcapil  no_kk=7    pencatatan baru, jam diragukan, belum dijawab pusat  -       d1"
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
      #expect(entered == RunResult(code: 0, output: "population: baru, tersimpan\n", error: ""))
      #expect(daemon.requests.last?.line == "POST /api/v1/datasets/population/records?unknown=refuse")
      // So that the command can send it again, and another entry of the same words is another person.
      let key = try #require(daemon.requests.last?.headers["idempotency-key"])
      #expect(daemon.requests.last?.body == #"{"nama":"SITI","rt":null,"x":5}"#)
      #expect(daemon.requests.last?.headers["content-type"] == "application/json")
      _ = await simpulctl(
        "--socket", daemon.socket, "records", "put", "population", "nama=SITI", "--allow-unknown")
      #expect(daemon.requests.last?.line == "POST /api/v1/datasets/population/records")
      #expect(daemon.requests.last?.headers["idempotency-key"] != key)
      _ = await simpulctl("--socket", daemon.socket, "records", "put", "population", "nama=SITI", "--source", "desa")
      #expect(daemon.requests.last?.headers["idempotency-key"] == nil)
      let changed = await simpulctl(
        "--socket", daemon.socket, "records", "put", "population", "--id", "9f", "--seen", "v1",
        "--correction", "rt=4")
      #expect(changed.code == 0)
      #expect(daemon.requests.last?.line == "PATCH /api/v1/datasets/population/records/9f?correction=true")
      #expect(daemon.requests.last?.headers["if-match"] == "\"v1\"")
    }
  }

  @Test func `put says which record it was, and what was not taken as it was written`() async throws {
    let body =
      #"{"accepted":1,"duplicates":0,"changed":1,"rejected":[],"rejected_total":0,"stream":{"first":4,"last":4},"#
      + #""records":[{"id":"9f2c","version":"v1","lifecycle":"deleted"}],"#
      + #""warnings":[{"line":1,"field":"nik","code":"means_unknown","reason":"Tidak diketahui.","rows":1}]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "put", "population", "nik=0")
      #expect(
        result
          == RunResult(
            code: 0, output: "population 9f2c: sudah ada, diubah\n",
            error: """
              Data ini dihapus. Isian tersimpan, tetapi ia tidak kembali dengan sendirinya: putuskan dengan simpulctl \
              conflicts list, atau simpulctl records restore population 9f2c.
              nik: Tidak diketahui.

              """))
      let file = try TemporaryDirectory()
      try Data("nik\n0\n".utf8).write(to: URL(fileURLWithPath: file.path + "/a.csv"))
      let imported = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", file.path + "/a.csv", "--dry-run")
      #expect(imported.output.contains("Mulai baris  Banyaknya  Kolom  Peringatan"))
      #expect(imported.output.contains("nik    Tidak diketahui."))
    }
  }

  @Test func `put says that it replaces nothing that it was not told to`() async throws {
    let body =
      #"{"accepted":1,"duplicates":0,"changed":1,"rejected":[],"rejected_total":0,"stream":{"first":4,"last":4},"#
      + #""records":[{"id":"9f2c","version":"v1"}]}"#
    try await TestDaemon.answering({ _ in .ok(body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "put", "population", "nik=1", "nama=ANI")
      #expect(result.output == "population 9f2c: sudah ada, diubah\n")
      #expect(result.error.contains("tanpa melihat data yang ada"), "\(result)")
      #expect(result.error.contains("simpulctl records put population --id 9f2c KOLOM=ISI"), "\(result)")
      let edited = await simpulctl("--socket", daemon.socket, "records", "put", "population", "--id", "9f2c", "rt=1")
      #expect(edited.error.isEmpty, "\(edited)")
    }
  }

  @Test func `a file that is refused for its headings is told as a whole, not as a row`() async throws {
    let body =
      #"{"accepted":0,"duplicates":0,"rejected":[{"line":1,"field":"Nma","reason":"salah tulis","code":"misspelt_column"}],"#
      + #""rejected_total":5,"stream":null}"#
    try await TestDaemon.answering({ _ in TestDaemon.Answer(status: 422, body: body) }).run { daemon in
      let file = try TemporaryDirectory()
      try Data("Nma\nSITI\n".utf8).write(to: URL(fileURLWithPath: file.path + "/a.csv"))
      let result = await simpulctl(
        "--socket", daemon.socket, "records", "import", "population", file.path + "/a.csv", "--dry-run")
      #expect(result.code == 65 && result.error.contains("seluruh berkas ditolak"), "\(result)")
      #expect(result.error.contains("(5 baris)"), "\(result)")
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

  @Test func `a record whose answer was lost is sent again under its key, and can be once more`() async throws {
    try await TestDaemon.answering({ _ in nil }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "put", "population", "nama=SITI")
      #expect(result.code == 69)
      let keys = daemon.requests.map { $0.headers["idempotency-key"] }
      #expect(keys.count == 2 && keys[0] == keys[1])
      let key = try #require(keys[0])
      #expect(result.error.contains("--key \(key)"))
      _ = await simpulctl("--socket", daemon.socket, "records", "put", "population", "nama=SITI", "--key", key)
      #expect(daemon.requests.last?.headers["idempotency-key"] == key)
    }
  }

  @Test func `a field that does not exist is refused with how to keep it`() async throws {
    let body =
      #"{"accepted":0,"duplicates":0,"rejected":[{"line":1,"field":"alamt","reason":"Maksudnya 'alamat'?","code":"unknown_field"}],"rejected_total":1,"stream":null}"#
    try await TestDaemon.answering({ _ in TestDaemon.Answer(status: 422, body: body) }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "put", "population", "alamt=x")
      #expect(result.code == 65)
      #expect(result.error.contains("alamt: Maksudnya 'alamat'?") && result.error.contains("--allow-unknown"))
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

  @Test func `nobody is said to be nowhere before the last page was looked at`() async throws {
    let dataset = #"{"id":"population","kind":"record","version":1,"title":{},"lane":"record","fields":[]}"#
    try await TestDaemon.answering({ request in
      switch request.target {
      case "/api/v1/datasets": .ok(#"{"datasets":[\#(dataset)]}"#)
      case let target where target.contains("cursor=c2"):
        .ok(#"{"records":[{"id":"9f","version":"v","fields":{}}],"next":null}"#)
      case let target where target.contains("cursor=c1"): .ok(#"{"records":[],"next":"c2"}"#)
      default: .ok(#"{"records":[],"next":"c1"}"#)
      }
    }).run { daemon in
      let result = await simpulctl("--socket", daemon.socket, "records", "list", "population", "--q", "YUSUF")
      #expect(result.code == 0 && result.output.contains("9f"), "\(result)")
    }
  }

  @Test func `a deleted record is brought back`() async throws {
    let deleted = #"{"id":"9f","version":"v1","fields":{},"lifecycle":"deleted"}"#
    try await TestDaemon.answering({ _ in .ok(deleted) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "--language", "id", "records", "restore", "population", "9f", "--reason", "keliru",
        "--seen", "v1")
      #expect(result == RunResult(code: 0, output: "population 9f dipulihkan\n", error: ""))
      let asked = try #require(daemon.requests.last)
      #expect(asked.line == "POST /api/v1/datasets/population/records/9f/restoration")
      #expect(asked.headers["simpul-reason"] == "keliru" && asked.headers["if-match"] == "\"v1\"")
      // What it looked at first it shows to nobody.
      let look = try #require(daemon.requests.first)
      #expect(look.method == "GET" && look.headers["simpul-reason"] == nil)
    }
  }

  @Test func `who restores what nobody deleted is not told that it was restored`() async throws {
    try await TestDaemon.answering({ _ in .ok(#"{"id":"9f","version":"v1","fields":{}}"#) }).run { daemon in
      let result = await simpulctl(
        "--socket", daemon.socket, "--language", "en", "records", "restore", "population", "9f", "--reason", "x")
      #expect(result.code == 0 && result.output.contains("nothing to restore"), "\(result)")
      #expect(result.output.contains("another area"))
    }
  }
}
