/// Faults and deeds at moments of the seed's choice.
extension World {
  func planTrouble() {
    for deed in Deed.allCases {
      let chance = Chance(seed: scenario.seed, "when \(deed.rawValue)")
      for _ in 0..<(scenario.deeds[deed] ?? 0) {
        let office = chance.below(offices.count)
        plan(after: chance.between(0, scenario.troubleMilliseconds)) { [unowned self] in
          await offices[office].does(deed, chance)
        }
      }
    }
    for fault in Fault.allCases {
      let chance = Chance(seed: scenario.seed, "when \(fault.rawValue)")
      for _ in 0..<(scenario.faults[fault] ?? 0) {
        plan(after: chance.between(0, scenario.troubleMilliseconds)) { [unowned self] in await happens(fault, chance) }
      }
    }
  }

  private func happens(_ fault: Fault, _ chance: Chance) async {
    let office = offices[chance.below(offices.count)]
    note("fault \(fault.rawValue)")
    switch fault {
    case .cutLine: office.line?.cut()
    case .swallowingLine: office.line?.swallow()
    case .partedOffice:
      office.partedUntil = max(office.partedUntil, now + chance.between(1000, 60_000))
      if chance.happens(500) { office.line?.swallow() } else { office.line?.cut() }
    case .killedOffice:
      if chance.happens(300) {
        // As it greets: its hello may come behind the one of the process that follows.
        office.diesGreeting = chance.between(500, 10_000)
        office.line?.cut()
      } else {
        office.dies(.killed)
      }
    case .killedCentre: centre.dies(.killed)
    case .officeWithoutPower: office.losesPower(afterCalls: chance.below(40))
    case .centreWithoutPower: centre.losesPower(afterCalls: chance.below(60))
    case .failingSync:
      if chance.happens(300) { centre.disk.failSyncs(1) } else { office.disk.failSyncs(1) }
    case .fullDisk:
      let disk = chance.happens(300) ? centre.disk : office.disk
      disk.limit(toMoreBytes: chance.below(60_000))
      plan(after: chance.between(1000, 20_000)) { disk.limit(toMoreBytes: nil) }
    case .wrongClock: office.setClock(chance)
    case .restoredCentre: restoresCentre(chance)
    case .setBackOffice: setsBack(office, chance)
    case .revokedOffice: await revokes(office, chance)
    case .changedFiles:
      changeFiles()
      await centre.looksAtFiles()
    case .doublingLine: office.doublingUntil = max(office.doublingUntil, now + chance.between(1000, 20_000))
    case .alternatingDisks: alternates(office, chance)
    case .twinDisks: await doubles(office, chance)
    case .copiedMachine: takesSnapshot(office, chance)
    }
  }

  private func restoresCentre(_ chance: Chance) {
    let backup = centre.disk.contents
    plan(after: chance.between(1000, 40_000)) { [unowned self] in
      note("the centre is restored")
      promises.centreWasRestored()
      centre.dies(.killed, goesOnWith: backup)
    }
  }

  private func setsBack(_ office: Office, _ chance: Chance) {
    // Before its first word a disk is like an empty one, which an admin has to invite.
    guard office.wasWelcomed else { return }
    let copy = office.disk.contents
    let copiedAt = promises.moment
    plan(after: chance.between(1000, 40_000)) { [unowned self] in
      note("\(office.name) is set back")
      promises.excuse(office.name, since: copiedAt)
      office.dies(.killed, goesOnWith: copy)
    }
  }

  private func alternates(_ office: Office, _ chance: Chance) {
    let copy = office.disk.contents
    plan(after: chance.between(1000, 20_000)) { [unowned self] in
      note("a copy of \(office.name)'s disk works in its place")
      let disk = office.disk.contents
      let changedAt = promises.moment
      promises.hasTwoDisks(office.name)
      disksAside += 1
      office.dies(.killed, goesOnWith: copy)
      plan(after: chance.between(1000, 20_000)) { [unowned self] in
        note("\(office.name) works with its own disk again")
        promises.excuse(office.name, since: changedAt)
        office.dies(.killed, goesOnWith: disk)
        disksAside -= 1
      }
    }
  }

  private func doubles(_ office: Office, _ chance: Chance) async {
    do {
      note("a copy of \(office.name)'s disk works in a second machine")
      let twin = try Office(twinOf: office)
      promises.hasTwoDisks(office.name)
      twins.append(twin)
      await twin.starts()
      for _ in 0..<chance.below(6) {
        twin.planned(after: chance.between(0, 20_000)) {
          await twin.does(chance.pick(Deed.allCases) ?? .recordsScan, chance)
        }
      }
      plan(after: chance.between(1000, 30_000)) { [unowned self] in leaves(twin) }
    } catch {
      violated("a disk cannot be copied: \(error)")
    }
  }

  private func leaves(_ twin: Office) {
    if twin.hasLeft { return }
    note("the copy of \(twin.name)'s disk is taken away")
    twin.leaves()
  }

  /// The machine is stopped for the snapshot as its process begins anew, so that what the process remembers is on the disk.
  private func takesSnapshot(_ office: Office, _ chance: Chance) {
    let random = chance.bits()
    office.dies(.killed, drawing: random)
    let snapshot = office.disk.contents
    let takenAt = promises.moment
    let life = office.life
    plan(after: chance.between(5000, 40_000)) { [unowned self] in
      // Begun anew meanwhile it would have another incarnation, and is a disk that was set back.
      guard office.life == life else { return }
      note("\(office.name) goes back to a snapshot")
      promises.excuse(office.name, since: takenAt)
      promises.hasTwoDisks(office.name)
      office.dies(.killed, goesOnWith: snapshot, drawing: random)
    }
  }

  private func revokes(_ office: Office, _ chance: Chance) async {
    await centre.revokes(office)
    plan(after: chance.between(2000, 30_000)) { [unowned self] in
      office.takesNewKey()
      await centre.invites(office)
    }
  }

  /// No fault happens any more, and what broke is mended.
  func heal() {
    note("calm")
    for twin in twins { leaves(twin) }
    for office in offices {
      office.partedUntil = 0
      office.doublingUntil = 0
      office.diesGreeting = nil
      office.disk.cutPower(afterCalls: nil)
      office.disk.failSyncs(0)
      office.disk.limit(toMoreBytes: nil)
    }
    centre.disk.cutPower(afterCalls: nil)
    centre.disk.failSyncs(0)
    centre.disk.limit(toMoreBytes: nil)
    isCalm = true
  }
}
