import NIOCore

/// One end of a relayed connection: what it reads goes to the other end, then it reads on.
final class RelayHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel
  /// Whether this many bytes may pass; zero asks for the end of a connection.
  private let passes: @Sendable (Int) -> Bool

  init(other: any Channel, passes: @escaping @Sendable (Int) -> Bool) {
    self.other = other
    self.passes = passes
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.read() }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.read()
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    // On a silent line what came is lost with the connection; nothing more is read.
    guard passes(bytes.readableBytes) else { return }
    let channel = context.channel
    other.writeAndFlush(bytes).whenComplete { _ in channel.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    // A silent line does not even tell that the other end has gone.
    if passes(0) { other.close(promise: nil) }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
