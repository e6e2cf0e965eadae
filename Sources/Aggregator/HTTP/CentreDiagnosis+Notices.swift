import API
import CentreStorage
import Datasets
import HTTPServing

/// What hellos, second sessions and old keys showed of offices' disks; the store keeps it for a week.
extension CentreDiagnosis {
  private typealias Meaning = (code: FindingCode, consequence: (String, String), remedy: (String, String))

  var notices: [Finding] { picture.overview.notices.map(noticed) }

  private func noticed(_ notice: NodeNotice) -> Finding {
    let meaning = Self.meaning(of: notice)
    // Its own machine on the way back is no alarm, but nobody can tell for certain that it was.
    let severity: AlertsReply.Alert.Severity =
      notice.code == .unknownHistory ? .critical : notice.mayBeItsOwn ? .info : .warning
    return Self.finding(
      meaning.code, severity, subject: notice.node.text,
      (notice.what.indonesian, notice.what.english), evidence: "×\(notice.count), \(InstantText.of(notice.at))",
      consequence: meaning.consequence, remedy: meaning.remedy, since: notice.at)
  }

  private static func meaning(of notice: NodeNotice) -> Meaning {
    switch notice.code {
    case .restored:
      (
        .nodeRestored,
        (
          "Yang belum terkirim dari disk itu sejak cadangannya hilang.",
          "What that disk recorded since its backup and had not sent is gone."
        ),
        (
          "Tanyakan kepada kantor itu mengapa disknya dikembalikan; catat ulang yang belum terkirim.",
          "Ask that office why its disk went back; what was unsent must be recorded again."
        )
      )
    case .replaced: replaced(notice.node)
    case .copied:
      (
        .nodeCopied,
        (
          "Kantor itu melanjutkan dengan inkarnasi baru; tidak ada yang hilang di pusat.",
          "That office goes on as a new incarnation; nothing is lost at the centre."
        ),
        (
          "Jangan memulihkan snapshot mesin yang sedang berjalan; pakai cadangan saat agen berhenti.",
          "Do not set snapshots of a running machine back; use a backup made while the agent stands still."
        )
      )
    case .trimmed:
      (
        .nodeTrimmed,
        (
          "Celah dicatat di ledger; kejadian dicatat ulang dari tabel kantor itu.",
          "A gap is in the ledger; events are recorded anew from the office's own table."
        ),
        (
          "Bila pusat baru dipulihkan, wajar; lihat simpulctl ledger.",
          "To be expected after the centre was restored; see simpulctl ledger."
        )
      )
    case .unknownHistory: unknownHistory(notice.node)
    case .duplicateSession:
      (
        .duplicateSession, ("Satu disk mungkin berjalan dua kali.", "One disk may be running twice."),
        (
          "Cari komputer kedua dengan penyimpanan kantor itu dan matikan.",
          "Find the second machine with that office's store, and stop it."
        )
      )
    case .oldKey: notice.mayBeItsOwn ? ownOldKey : oldKey(notice.node)
    }
  }

  private static func replaced(_ node: NodeName) -> Meaning {
    (
      .nodeReplaced,
      (
        "Salinannya datang dari pusat; disk lama ditolak. Yang belum terkirim ada di ledger sejauh diketahui.",
        "Its copy comes from the centre; the old disk is refused. What was unsent is in the ledger as far as known."
      ),
      (
        "Tidak perlu apa-apa bila memang diganti. Bila bukan: simpulctl nodes revoke \(node) --reason \"ALASAN\". "
          + "Ledger: simpulctl ledger.",
        "Nothing, if it was replaced on purpose. If not: simpulctl nodes revoke \(node) --reason \"TEXT\". The ledger: "
          + "simpulctl ledger."
      )
    )
  }

  private static func unknownHistory(_ node: NodeName) -> Meaning {
    (
      .nodeUnknownHistory,
      (
        "Data kantor itu tertahan di sana; tidak ada yang hilang.",
        "That office's data waits there; nothing is lost."
      ),
      (
        "Bila disk itu memang miliknya: simpulctl nodes invite \(node) --replace, lalu simpul-agent join di sana.",
        "If that disk is to be the office's: simpulctl nodes invite \(node) --replace, then simpul-agent join there."
      )
    )
  }

  private static var ownOldKey: Meaning {
    (
      .oldKeyUsed,
      (
        "Ia tidak masuk. Itu sebelum kantor ini bergabung lagi: mungkin komputernya sendiri, dengan kunci yang lama.",
        "It did not get in. That was before this office joined again: its own machine perhaps, with the key it had then."
      ),
      (
        "Tidak perlu apa-apa bila komputer di alamat itu milik kantor ini. Bila disk lamanya hilang atau dicuri: cari di "
          + "alamat itu.",
        "Nothing, if the machine at that address is this office's. If its old disk is lost or stolen: look for it at that "
          + "address."
      )
    )
  }

  private static func oldKey(_ node: NodeName) -> Meaning {
    (
      .oldKeyUsed,
      (
        "Ia tidak masuk. Disk lama, curian, atau cadangan kantor itu menyala di suatu tempat.",
        "It did not get in. An old, stolen or restored disk of that office runs somewhere."
      ),
      (
        "Cari komputer di alamat itu. Bila disk itulah yang benar: simpulctl nodes invite \(node) --replace.",
        "Find the machine at that address. If its disk is the right one: simpulctl nodes invite \(node) --replace."
      )
    )
  }
}
