import Terminals
import Testing

@Suite struct PersonalLineTests {
  @Test(arguments: [
    "FP PIN=1\tFID=0\tSize=4\tValid=1\tTMP=AAAA", "fp PIN=1", "FACE PIN=1\tTMP=AAAA", "BIODATA Pin=1\tTmp=AAAA",
    "USERPIC PIN=1\tContent=AAAA", "USER PIN=1\tName=A\tPasswd=123", "BIOPHOTO PIN=1", "1\tPasswd=1", "pin=1\ttmp=AAAA",
  ])
  func `templates, photos and passwords are told by their lines`(line: String) {
    #expect(PersonalLine.holds(Array(line.utf8)))
  }

  @Test(arguments: [
    "7\t2024-07-07 01:29:01\t0\t1\t0\t0\t0\t0\t0\t0\t", "1007 2026-03-17 08:56:12 0 1 0",
    "Time=2026-03-17 08:56:12\tPIN=123\tStatus=0", "FPX1\t2026-03-17 08:56:12", "", "=",
  ])
  func `punches are none of them`(line: String) {
    #expect(!PersonalLine.holds(Array(line.utf8)))
  }
}
