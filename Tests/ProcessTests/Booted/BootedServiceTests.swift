import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

extension BootedTests {
  /// What the units promise besides starting and stopping: limits, the journal, secrets, rights.
  @Suite struct Promises {
    private let machine: BootedMachine

    init() throws { machine = try #require(BootedMachine.current) }

    @Test(arguments: [("simpul-agent", 256 << 20), ("simpul-aggregator", 1 << 30)])
    func `a daemon lives in a cgroup that has its memory limit, and below it`(unit: String, limit: Int) async throws {
      try await machine.explaining {
        #expect(try await machine.property("MemoryMax", of: unit) == "\(limit)")
        // Of cgroups v2, or of v1 in a hierarchy of its own.
        let output = try await machine.must(
          """
          group=$(systemctl show --value --property ControlGroup \(unit))
          if [ -f "/sys/fs/cgroup$group/memory.max" ]; then
            cat "/sys/fs/cgroup$group/memory.max" "/sys/fs/cgroup$group/memory.current" "/sys/fs/cgroup$group/cgroup.procs"
          else
            cd "/sys/fs/cgroup/memory$group"
            cat memory.limit_in_bytes memory.usage_in_bytes cgroup.procs
          fi
          """)
        let figures = output.split(separator: "\n").map(String.init)
        #expect(figures.first == "\(limit)")
        let used = try #require(figures.dropFirst().first.flatMap { Int($0) })
        #expect(used > 1 << 20 && used < limit, "\(unit) uses \(used) bytes")
        #expect(figures.dropFirst(2).contains(try await machine.property("MainPID", of: unit)))
      }
    }

    @Test func `the journal has who, how grave and about what, and no personal data`() async throws {
      try await machine.explaining {
        let resident = Clerk.resident(77)
        _ = try await machine.agent.client.body(of: try .upsert("population", resident, source: "loket"))
        let nik = try #require(resident["nik"]?.words)
        // Rows that are refused: their words must not be in the journal either.
        try await machine.must(
          """
          mkdir -p /var/spool/simpul/population
          printf 'NIK,NAMA,KODE_WILAYAH\\n%s,RAHASIA BINTI RAHASIA,tidak ada\\n' \(nik) >/var/spool/simpul/population/salah.csv
          chown simpul:simpul-spool /var/spool/simpul/population /var/spool/simpul/population/salah.csv
          """)
        try await eventually("the file was refused") {
          try await machine.shell("ls /var/spool/simpul/failed/population/").output.contains("salah")
        }
        try await machine.must("systemctl restart simpul-agent")
        for (unit, fields) in [
          ("simpul-agent", ["SIMPUL_LOGGER", "SIMPUL_NODE", "PRIORITY", "CODE_FILE"]),
          ("simpul-aggregator", ["SIMPUL_LOGGER", "PRIORITY", "CODE_FILE"]),
        ] {
          let entries = try await machine.journal("SYSLOG_IDENTIFIER=\(unit) _TRANSPORT=journal")
          #expect(!entries.isEmpty)
          for entry in entries {
            for field in fields { #expect(entry[field] != nil, "\(unit): \(field) in \(entry)") }
            let priority = entry["PRIORITY"]?.words.flatMap { Int($0) } ?? -1
            #expect((0...7).contains(priority))
            #expect(entry["_SYSTEMD_UNIT"]?.words == "\(unit).service")
          }
        }
        #expect(!(try await machine.journal("SIMPUL_NODE=\(BootedMachine.office) _COMM=simpul-agent").isEmpty))
        #expect(!(try await machine.journal("SIMPUL_NODE=\(BootedMachine.office) _COMM=simpul-aggregat").isEmpty))
        let all = try await machine.must("journalctl --boot --no-pager --output export")
        for word in [nik, "WARGA 77", "RAHASIA", "rahasia-kamera", "JL. AWAL"] {
          #expect(!all.contains(word), "the journal has \(word)")
        }
      }
    }

    @Test func `a password comes from the unit to the daemon and to nobody else`() async throws {
      try await machine.explaining {
        func problems() async throws -> Int {
          let process = try await machine.property("MainPID", of: "simpul-agent")
          return try await machine.journal("_PID=\(process) PRIORITY=3 SIMPUL_CAMERA=gerbang").count
        }
        #expect(try await problems() == 0)
        let process = try await machine.property("MainPID", of: "simpul-agent")
        let entries = try await machine.journal("_PID=\(process)")
        #expect(entries.contains { $0["MESSAGE"] == "credentials of 1 cameras were read" })
        // The daemon's user may not read the file, and nobody else may read what systemd made of it.
        let file = "/run/credentials/simpul-agent.service/cam-1"
        #expect(try await machine.must("cat \(file)") == BootedMachine.password + "\n")
        let owner = "setpriv --reuid simpul --regid simpul --clear-groups"
        #expect(try await !machine.shell("\(owner) cat /etc/simpul/credentials/cam-1").end.isSuccess)
        #expect(try await machine.shell("\(owner) cat \(file)").end.isSuccess)
        let other = "setpriv --reuid nobody --regid nogroup --clear-groups"
        #expect(try await !machine.shell("\(other) cat \(file)").end.isSuccess)
        // A unit that does not load it.
        try await machine.must(
          """
          printf '[Service]\\nLoadCredential=\\n' >/etc/systemd/system/simpul-agent.service.d/zz.conf
          systemctl daemon-reload
          systemctl restart simpul-agent
          """)
        #expect(try await problems() == 1)
        #expect(try await machine.agent.status().node == BootedMachine.office)
        try await machine.must(
          """
          rm /etc/systemd/system/simpul-agent.service.d/zz.conf
          systemctl daemon-reload
          systemctl restart simpul-agent
          """)
        #expect(try await problems() == 0)
      }
    }

    @Test(arguments: ["simpul-agent", "simpul-aggregator"])
    func `systemd finds a daemon well confined, and it does its work all the same`(unit: String) async throws {
      try await machine.explaining {
        // 2.0 of 10; "OK" ends at 5.0 (systemd-analyze(1)).
        let (end, output) = try await machine.shell("systemd-analyze security --no-pager --threshold 20 \(unit)")
        let verdict = output.split(separator: "\n").last.map(String.init) ?? output
        #expect(end.isSuccess, "\(verdict)")
        print("\(unit): \(verdict)")
        try await eventually("the office is connected") { try await machine.agent.status().state == "online" }
        // Nobody else's processes and files are its business, and its own are nobody's.
        let process = try await machine.property("MainPID", of: unit)
        let status = try await machine.must("cat /proc/\(process)/status")
        #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
        #expect(try await machine.must("stat --format %U:%a /var/lib/\(unit)") == "simpul:700\n")
        let socket = unit.replacing("simpul-", with: "/run/simpul/") + ".sock"
        #expect(try await machine.must("stat --format %G:%a \(socket)") == "simpul:660\n")
        let nobody = "setpriv --reuid nobody --regid nogroup --clear-groups"
        #expect(try await !machine.shell("\(nobody) simpulctl --socket \(socket) status").end.isSuccess)
      }
    }

    @Test func `a file of another program's user is taken and handed back, as the spool's group may have it`()
      async throws
    {
      try await machine.explaining {
        try await eventually("the spool is laid out") {
          try await machine.shell("test -d /var/spool/simpul/attendance").end.isSuccess
        }
        try await machine.must(
          """
          printf 'u kasir - "Kasir"\\nm kasir simpul-spool\\n' | systemd-sysusers -
          printf 'device,pin,time,status\\nS1,1,2026-11-20T07:29:00+08:00,0\\nS1,2,2026-11-20T07:30:00+08:00,0\\n' >/tmp/scan.csv
          chmod 644 /tmp/scan.csv
          setpriv --reuid kasir --regid kasir --init-groups sh -c 'umask 007; cp /tmp/scan.csv /var/spool/simpul/attendance/'
          """)
        try await eventually("it is taken") {
          try await machine.shell("ls /var/spool/simpul/done/attendance/").output.contains("scan")
        }
        #expect(try await machine.must("ls /var/spool/simpul/attendance/") == "")
        // Its owner may look at it and clear it away.
        try await machine.must(
          "setpriv --reuid kasir --regid kasir --init-groups sh -c 'cat /var/spool/simpul/done/attendance/*scan* && "
            + "rm /var/spool/simpul/done/attendance/*scan*'")
        try await eventually("both scans are at the centre") {
          try await machine.must(
            "sqlite3 -readonly -cmd '.timeout 5000' /var/lib/simpul-aggregator/aggregator.sqlite "
              + "\"SELECT count(*) FROM attendance WHERE device = 'S1'\"") == "2\n"
        }
      }
    }

    @Test func `doctor says that a unit does not run, and how to see why`() async throws {
      try await machine.explaining {
        let doctor = "simpulctl --socket /run/simpul/agent.sock doctor --json 2>/dev/null"
        func findings() async throws -> (code: Int32?, findings: [FindingsReply.Finding]) {
          let (end, output) = try await machine.shell(doctor)
          return (end.exitCode, try APICoding.decoder.decode(FindingsReply.self, from: Data(output.utf8)).findings)
        }
        try await machine.must("systemctl stop simpul-agent")
        let stopped = try await findings()
        let finding = try #require(stopped.findings.first { $0.code == "unit_not_running" })
        #expect(
          stopped.code == 1 && finding.subject == "simpul-agent.service" && finding.evidence.hasPrefix("inactive"))
        #expect(finding.remedy.contains("journalctl -u simpul-agent"))
        // Settings that are wrong: systemd does not try again, and doctor names the line.
        try await machine.must(
          """
          cp -p /etc/simpul/agent.toml /etc/simpul/agent.toml.good
          echo 'nodde = "x"' | cat - /etc/simpul/agent.toml.good >/etc/simpul/agent.toml
          systemctl start simpul-agent || true
          """)
        try await eventually("the unit has failed for good") {
          try await machine.property("ActiveState", of: "simpul-agent") == "failed"
        }
        #expect(try await machine.property("ExecMainStatus", of: "simpul-agent") == "78")
        let failed = try await findings().findings
        #expect(
          failed.contains {
            $0.code == "unit_not_running" && $0.evidence.hasPrefix("failed") && $0.evidence.contains("status 78")
          })
        #expect(failed.contains { $0.code == "configuration" && $0.evidence.contains("nodde") })
        try await machine.must(
          "mv /etc/simpul/agent.toml.good /etc/simpul/agent.toml; systemctl start simpul-agent")
        try await eventually("all is well again") {
          try await machine.agent.status().state == "online"
        }
        #expect(try await findings().findings.allSatisfy { $0.code != "unit_not_running" })
      }
    }
  }
}

extension JSONValue {
  fileprivate var words: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
