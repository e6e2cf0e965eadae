/// Bounds of everything that is decoded; each is generous for honest peers and keeps memory bounded for others.
package enum Limits {
  /// One entry's bytes.
  package static let entryBytesMax = 1 << 20
  /// One text value's bytes.
  package static let textBytesMax = 64 << 10
  package static let fieldsMax = 512
  package static let listElementsMax = 4096
  package static let authorsMax = 4096
  package static let contextsMax = 4096
  package static let siblingsMax = 65_536
  /// A batch's entries.
  package static let batchEntriesMax = 65_536
  /// A batch's bytes before compression; what cannot be compressed still fits a message, with what goes along.
  package static let batchBytesMax = 3 << 20
  /// A message's bytes as sent.
  package static let messageBytesMax = 4 << 20
  package static let datasetsMax = 256
  /// A box that is cut off and loses its power several times a day comes back after months with hundreds. All of
  /// them, with where a score of streams ended, fit into one message.
  package static let parentsMax = 4096
  package static let reasonBytesMax = 1024
  /// How far a time may lie from 1970 on either side: some 35,000 years, far from where arithmetic overflows.
  package static let timestampMillisecondsMax: Int64 = 1 << 50
}
