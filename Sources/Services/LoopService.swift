import ServiceLifecycle

/// A loop that runs until graceful shutdown cancels it.
package struct LoopService: Service {
  private let body: @Sendable () async -> Void

  package init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

  package func run() async throws {
    await cancelWhenGracefulShutdown { await body() }
  }
}

/// Something that lives as long as the daemon and is closed when everything started after it has stopped.
package struct ClosingService: Service {
  private let close: @Sendable () async -> Void

  package init(_ close: @escaping @Sendable () async -> Void) { self.close = close }

  package func run() async throws {
    try? await gracefulShutdown()
    await close()
  }
}
