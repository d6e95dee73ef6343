/// From when until when a certificate counts, both ends included, in whole seconds as certificates have them.
package struct ValidityPeriod: Hashable, Sendable {
    /// The first moment.
    package let notBefore: WallTime

    /// The last moment.
    package let notAfter: WallTime

    /// The time from `notBefore` until `notAfter`.
    package init(notBefore: WallTime, notAfter: WallTime) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether `moment` lies in it.
    package func contains(_ moment: WallTime) -> Bool { notBefore <= moment && moment <= notAfter }

    /// The time that lies in both.
    package func common(with other: ValidityPeriod) -> ValidityPeriod {
        ValidityPeriod(notBefore: max(notBefore, other.notBefore), notAfter: min(notAfter, other.notAfter))
    }

    /// Where half of the time is over, which is when a certificate is renewed.
    package var middle: WallTime {
        let begin = notBefore.millisecondsSince1970
        let (length, overflow) = notAfter.millisecondsSince1970.subtractingReportingOverflow(begin)
        return WallTime(millisecondsSince1970: overflow ? begin : begin + length / 2)
    }
}
