/** Subjects of answers: one prefix, however many the other side's programs and languages have heaped up. */

const REPLY = "re|aw|antw|sv|vs|ref|rif|res|odp|ynt|回复|答复|回覆|答覆|回信|返信";
const FORWARD = "fwd?|wg|tr|vl|vb|enc|rv|转发|轉寄|轉發|转寄";
const PREFIX = new RegExp(
  `^\\s*(?:${REPLY}|${FORWARD})\\s*(?:[[(（]\\d{1,3}[\\])）]|\\^\\d{1,3})?\\s*[:：]\\s*`,
  "i",
);

/** The subject itself: "Re: AW: 回复：[2] Plan" -> "Plan". */
export function bareSubject(subject: string): string {
  let rest = subject.trim();
  for (let round = 0; round < 50; round += 1) {
    const shorter = rest.replace(PREFIX, "");
    if (shorter === rest) break;
    rest = shorter;
  }
  return rest.trim();
}

export function replySubject(subject: string): string {
  return `Re: ${bareSubject(subject)}`.trimEnd();
}

export function forwardSubject(subject: string): string {
  return `Fwd: ${bareSubject(subject)}`.trimEnd();
}
