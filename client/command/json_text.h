// A message as JSON for --json: its own field names, bytes in hexadecimal.
#ifndef MDRL_CLIENT_COMMAND_JSON_TEXT_H_
#define MDRL_CLIENT_COMMAND_JSON_TEXT_H_

#include <google/protobuf/message.h>

#include <string>

namespace mdrl {

// One line. Ids and hashes are compared with log lines and file names, which
// have them in hexadecimal; protobuf's own JSON would say base64.
std::string JsonText(const google::protobuf::Message& message);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_JSON_TEXT_H_
