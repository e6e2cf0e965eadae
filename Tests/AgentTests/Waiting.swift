/// Waits for a condition with a deadline.
func eventually(
  _ what: String, within limit: Duration = .seconds(20), isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  struct Late: Error { let what: String }
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw Late(what: what)
}
