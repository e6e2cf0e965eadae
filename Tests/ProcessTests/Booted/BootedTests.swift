import API
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Diagnostics

/// Agent and aggregator as the package installs them, under a systemd that was really booted; one machine for all.
@Suite(.serialized, .needs(BootedMachine.needs), .booted) enum BootedTests {}

extension BootedTests {
  /// Starting, standing still, and stopping.
  @Suite struct Life {
    private static let units = ["simpul-agent", "simpul-aggregator"]
    private let machine: BootedMachine

    init() throws { machine = try #require(BootedMachine.current) }

    @Test func `a unit is active once its daemon can do its work, and says in Indonesian how it is`() async throws {
      try await machine.explaining {
        for (unit, socket) in [("simpul-agent", "agent"), ("simpul-aggregator", "aggregator")] {
          let output = try await machine.must(
            """
            systemctl restart --no-block \(unit)
            states= begun=
            for try in $(seq 2000); do
              state=$(systemctl is-active \(unit) || true)
              states="$states $state"
              if [ "$state" = active ] && [ -n "$begun" ]; then break; fi
              if [ "$state" != active ]; then begun=1; fi
            done
            simpulctl --socket /run/simpul/\(socket).sock status >/dev/null
            echo "$states"
            """)
          let states = output.split(separator: " ").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
          #expect(states.last == "active" && states.contains("activating"), "\(unit): \(Set(states))")
        }
        try await eventually("both say in a sentence that all is well") {
          let office = try await machine.property("StatusText", of: "simpul-agent")
          let centre = try await machine.property("StatusText", of: "simpul-aggregator")
          return office == "Tersambung ke pusat; semua data sudah di pusat" && centre.hasPrefix("1 dari ")
            && centre.hasSuffix(" kantor tersambung")
        }
      }
    }

    @Test func `a daemon that stands still is killed and started again, and nothing is lost`() async throws {
      try await machine.explaining {
        let punches = PunchProducer(machine.agent, device: "W")
        try await punches.send(300)
        var before: [String: String] = [:]
        for unit in Self.units {
          before[unit] = try await machine.property("MainPID", of: unit)
          try await machine.must("kill -STOP \(before[unit] ?? "-")")
        }
        for unit in Self.units {
          try await eventually("\(unit) was killed and runs again") {
            // In this order: asked before the process, the state may still be that of the one that is about to be killed.
            let process = try await machine.property("MainPID", of: unit)
            guard process != "0", process != before[unit] else { return false }
            return try await machine.property("ActiveState", of: unit) == "active"
          }
          let said = try await machine.must("journalctl --boot --no-pager --unit \(unit) --output cat")
          #expect(said.contains("Watchdog timeout"), "\(unit)")
          #expect(try await machine.property("NRestarts", of: unit) != "0")
        }
        try await punches.send(300)
        try await proveThatNothingIsLost([punches])
      }
    }

    @Test func `a stop under load is clean and in time, and what was answered is there afterwards`() async throws {
      try await machine.explaining {
        let producers = [PunchProducer(machine.agent, device: "L1"), PunchProducer(machine.agent, device: "L2")]
        try await withThrowingTaskGroup(of: Void.self) { group in
          for producer in producers { group.addTask { while !Task.isCancelled { try await producer.send(100) } } }
          for unit in Self.units {
            let before = await producers[0].acknowledged.count
            try await eventually("there is load") { await producers[0].acknowledged.count > before + 300 }
            let start = ContinuousClock.now
            try await machine.must("systemctl stop \(unit)")
            let took = ContinuousClock.now - start
            let limit = try await machine.property("TimeoutStopUSec", of: unit)
            #expect(limit == "45s" && took < .seconds(45), "\(unit) took \(took) to stop, of \(limit)")
            let properties = ["Result", "ExecMainCode", "ExecMainStatus", "ActiveState"]
            var end: [String] = []
            for name in properties { end.append(try await machine.property(name, of: unit)) }
            // 1 is CLD_EXITED: it ended by itself (sigaction(2)).
            #expect(end == ["success", "1", "0", "inactive"], "\(unit)")
            print("\(unit) stopped under load in \(took)")
            try await machine.must("systemctl start \(unit)")
          }
          group.cancelAll()
          do { try await group.waitForAll() } catch is CancellationError {}
        }
        try await proveThatNothingIsLost(producers)
      }
    }

    /// Every acknowledged punch is in the centre's table once.
    private func proveThatNothingIsLost(_ producers: [PunchProducer]) async throws {
      var missing = "-"
      do {
        try await eventually("the centre has what the office answered for") {
          let found = try await machine.must(
            """
            sqlite3 -readonly -cmd '.timeout 5000' /var/lib/simpul-aggregator/aggregator.sqlite \\
              "SELECT device || '/' || pin FROM attendance"
            """
          ).split(separator: "\n").map(String.init)
          #expect(found.count == Set(found).count, "nothing is doubled")
          var lost = 0
          for producer in producers { lost += await producer.acknowledged.subtracting(found).count }
          missing = "\(lost) are missing"
          return lost == 0
        }
      } catch let failure as TestFailure { throw TestFailure("\(failure): \(missing)") }
      for producer in producers { #expect(await producer.acknowledged.count >= 300) }
    }
  }
}
