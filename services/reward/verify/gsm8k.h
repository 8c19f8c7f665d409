// Grade-school problems with a number as their answer. Truth {"answer"}: the
// gold answer letter by letter, "1,600" with its separator.
//
// spg.train, d1.train: xmlcount, soft_format, strict_format, int, correctness
// as published (SPG, arXiv 2510.09541; d1, arXiv 2504.12216); they differ in
// one term of xmlcount.
// train: the same five as they were meant: sections may have several lines, end
// tokens cost nothing, an answer may be boxed, and equal numbers are equal.
// eval: correct, by the published evaluation parser.
#ifndef MDRL_SERVICES_REWARD_VERIFY_GSM8K_H_
#define MDRL_SERVICES_REWARD_VERIFY_GSM8K_H_

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& Gsm8kTask();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_GSM8K_H_
