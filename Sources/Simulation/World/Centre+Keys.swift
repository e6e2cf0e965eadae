import CentreStorage
import Datasets
import Replication
import Wire

/// Who may come in, as an admin decides it.
extension Centre {
  func revokes(_ office: Office) async {
    guard let store else { return }
    do {
      world.promises.wasRevoked(office.name)
      if world.scenario.mistake != .ignoresRevocation {
        handle(.revoked(Refusal(code: .revoked, reason: "this node's key was revoked")), of: office.name)
      }
      try await store.revoke(office.name, now: wall)
      revokedKeys.insert(office.key)
      try await refreshAuthorised(store)
      world.note("\(office.name) is revoked")
    } catch {
      _ = survives(error)
    }
  }

  /// A restored centre may have lost an office's key: its admin invites it again.
  func invitesTheForgotten() async {
    guard store != nil else { return }
    for office in world.offices where !knows(key: office.key) {
      office.takesNewKey()
      await invites(office)
    }
  }

  /// Somebody has looked which disk is the office's, as an admin is told to.
  func invitesTheFenced() async {
    guard store != nil else { return }
    for office in world.offices where fenced.remove(office.name) != nil {
      world.promises.wasRevoked(office.name)
      unknown[office.name] = nil
      office.takesNewKey()
      await invites(office)
    }
  }

  /// Invites the office and lets it join with the key that it has now. Tried again until the store has it.
  func invites(_ office: Office) async {
    do {
      guard let store, !disk.isPowerOff else { throw SimulatedDisk.Trouble.failure }
      let invitation = try await store.invite(
        office.name, publicKey: office.key.uppercased(), expires: wall.advanced(byMilliseconds: 60_000), now: wall)
      _ = try await store.enrol(invitation, publicKey: office.key, now: wall)
      try await refreshAuthorised(store)
      world.note("\(office.name) has joined as \(office.key)")
      world.plan(after: chance.between(100, 10_000)) { [unowned self] in await acceptsBacklog(of: office) }
    } catch {
      if store != nil { _ = survives(error) }
      // A restore may have brought the invitation back, or taken the answer: another key is as good.
      world.plan(after: 1000) { [unowned self] in
        office.takesNewKey()
        await invites(office)
      }
    }
  }

  private func acceptsBacklog(of office: Office) async {
    do {
      guard let store, !disk.isPowerOff else { throw SimulatedDisk.Trouble.failure }
      let (tried, taken) = try await store.acceptBacklog(of: office.name, reason: nil, now: wall)
      world.note("\(taken) of \(tried) of \(office.name) let in")
      try await quarantineChanged(store)
    } catch {
      if store != nil { _ = survives(error) }
    }
    // What it still had to send may come later, and a restored centre forgets the decision.
    world.plan(after: 20_000) { [unowned self] in await acceptsBacklog(of: office) }
  }
}
