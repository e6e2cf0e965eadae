/// What came of a key's hellos so far. Until one is welcomed the key says which disk is the node's (ADR 0027).
enum KeyHistory {
  /// Enrolled with an invitation; nothing of it has been heard, or nothing that was understood.
  case enrolled
  /// The first hello reached no parent that is known here: the node was asked for all that it keeps.
  case asked
  case welcomed
}
