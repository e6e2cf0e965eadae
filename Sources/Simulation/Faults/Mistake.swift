/// What the code under test might get wrong, made on purpose between a store or a machine and the simulation: each must be
/// noticed, or the simulation proves nothing.
package enum Mistake: String, Sendable, CaseIterable {
  /// The centre answers before its disk has what it answers for.
  case centreAnswersBeforeSync
  /// An office says "stored" before its disk has it.
  case officeAnswersBeforeSync
  /// The centre acknowledges a batch and applies nothing of it.
  case acknowledgesUnapplied
  /// An office takes everything that it sent for acknowledged.
  case trimsBeforeAck
  /// A part of the feed is passed over, and its position taken.
  case passesOverFeedPart
  /// Retractions are left out of the feed.
  case forgetsRetraction
  /// Overlays end with the ack, wherever the copy stands.
  case dropsOverlayAtAck
  /// A message of a full queue is dropped, and the line stays.
  case dropsOnHighWater
  /// Two messages of a line change places.
  case reordersLine
  /// An office says in its hello that its copy is at the feed's end.
  case runsAheadWithCursor
  /// Quarantined changes are never tried again.
  case neverRequeues
  /// The centre takes the late word of a process that is gone for a living one's.
  case believesEveryHello
  /// The fleet's new files are not told to sessions that stand.
  case keepsOldFiles
  /// Sessions that stand are not told that the feed has grown.
  case sleepsOverFeed
  /// A session is not told what was recorded while it stands.
  case sleepsOverRecords
  /// An office does not look at the time: it never notices a line that is silent.
  case neverTicks
  /// A copy that is not settled stays so.
  case neverSettles
  /// Verdicts about quarantined changes are left out of the feed.
  case withholdsVerdicts
  /// Of a field that two offices have changed, the feed carries the newest value alone.
  case keepsNewestSibling
  /// An incarnation has the random part of the one before.
  case remintsIncarnation
  /// A save takes the version that the store has, not the one that was on the screen.
  case savesOverUnseen
  /// A revoked key goes on working.
  case ignoresRevocation
  /// The centre acknowledges more than it has applied.
  case acknowledgesTooFar
  /// The centre takes a batch that was damaged on its way: it does not look whether the head follows.
  case skipsChainCheck
  /// The centre applies a batch, and then once more behind itself.
  case appliesTwice
  /// A centre that was set back begins the epoch again that it had begun after the backup: its positions mean something
  /// else then than they did.
  case reusesEpoch
  /// Of all that the feed has carried for a field, the value stands that is the latest by the clocks of its authors,
  /// whoever had seen it.
  case ordersByClock
  /// The feed carries changes with the time at which the centre gave them out, not with that at which they were made.
  case stampsAtCentre
}
