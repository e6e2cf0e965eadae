/// What a test could not go on from.
package struct TestFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Waits for a condition, looking every 20 ms.
///
/// - Parameters:
///   - what: what is waited for, for the words of a failure.
///   - limit: how long at most; generous, because it only matters where the test fails anyway.
/// - Throws: `TestFailure` when it did not come about in time; what the condition throws.
package func eventually(
  _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw TestFailure("not within \(limit): \(what)")
}
