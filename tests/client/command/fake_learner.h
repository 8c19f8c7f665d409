// A learner that remembers what it was told and answers what it was given.
#ifndef MDRL_TESTS_CLIENT_COMMAND_FAKE_LEARNER_H_
#define MDRL_TESTS_CLIENT_COMMAND_FAKE_LEARNER_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/command/session.h"
#include "common/net/grpc_server.h"
#include "common/net/grpc_status.h"
#include "mdrl/v1/prompt.grpc.pb.h"
#include "mdrl/v1/run.grpc.pb.h"

namespace mdrl {

class FakePrompts : public v1::PromptService::Service {
 public:
  grpc::Status SubmitPromptSet(
      grpc::ServerContext*,
      grpc::ServerReader<v1::SubmitPromptSetRequest>* reader,
      v1::PromptSet* reply) override {
    v1::SubmitPromptSetRequest message;
    while (reader->Read(&message)) messages.push_back(message);
    if (refuse) {
      return ToGrpcStatus(absl::InvalidArgumentError("task: no such task"));
    }
    const auto& header = messages.front().header();
    reply->set_name(header.name());
    reply->set_count(header.count());
    reply->set_sha256(header.sha256());
    reply->set_state(v1::PromptSet::ACTIVE);
    return grpc::Status::OK;
  }
  grpc::Status GetPromptSet(grpc::ServerContext*,
                            const v1::GetPromptSetRequest* request,
                            v1::PromptSet* reply) override {
    reply->set_sha256(request->name() + "-hash");
    reply->set_state(v1::PromptSet::PAUSED);
    return grpc::Status::OK;
  }
  // Two sets on two pages.
  grpc::Status ListPromptSets(grpc::ServerContext*,
                              const v1::ListPromptSetsRequest* request,
                              v1::ListPromptSetsResponse* reply) override {
    const bool first = request->page_token().empty();
    auto& set = *reply->add_sets();
    set.set_name(first ? "train" : "test, held out");
    set.set_task("sort");
    set.set_count(first ? 480 : 16);
    set.set_sha256(std::string(32, '\x5b'));
    set.set_state(first ? v1::PromptSet::ACTIVE : v1::PromptSet::HELD_OUT);
    if (first) set.add_quarantined(17);
    if (first) reply->set_next_page_token("2");
    return grpc::Status::OK;
  }
  grpc::Status SetPromptSetState(grpc::ServerContext*,
                                 const v1::SetPromptSetStateRequest* request,
                                 v1::PromptSet*) override {
    changes.push_back(*request);
    return grpc::Status::OK;
  }

  std::vector<v1::SubmitPromptSetRequest> messages;
  std::vector<v1::SetPromptSetStateRequest> changes;
  bool refuse = false;
};

class FakeRun : public v1::RunService::Service {
 public:
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::Status* reply) override {
    reply->set_run("quick");
    reply->set_state(v1::Status::RUNNING);
    reply->set_round(7);
    reply->set_seq(100);
    reply->mutable_newest()->set_version(7);
    reply->mutable_newest()->set_manifest_sha256("\xab\xcd");
    reply->set_waits_for(v1::REASON_DECODING);
    reply->set_waits_text("round 7 waits for 1 of 12 groups");
    return grpc::Status::OK;
  }
  grpc::Status Evaluate(grpc::ServerContext*,
                        const v1::EvaluateRequest* request,
                        v1::Evaluation* reply) override {
    evaluate = *request;
    reply->set_evaluation_id("id");
    reply->set_state("RUNNING");
    return grpc::Status::OK;
  }
  grpc::Status GetEvaluation(grpc::ServerContext*,
                             const v1::GetEvaluationRequest*,
                             v1::Evaluation* reply) override {
    reply->set_state(++asked < 2 ? "RUNNING" : "DONE");
    auto& row = *reply->add_rows();
    row.set_task("sudoku4");
    row.set_done(4);
    row.set_total(4);
    row.set_verdicts(4);
    row.set_correct(2);
    return grpc::Status::OK;
  }
  grpc::Status Drain(grpc::ServerContext*, const v1::DrainRequest* request,
                     v1::Status* reply) override {
    drain = *request;
    reply->set_state(v1::Status::DRAINING);
    return grpc::Status::OK;
  }
  grpc::Status Pause(grpc::ServerContext*, const v1::RunCommand* request,
                     v1::Status* reply) override {
    command = *request;
    reply->set_state(v1::Status::PAUSED);
    return grpc::Status::OK;
  }
  grpc::Status Resume(grpc::ServerContext*, const v1::RunCommand* request,
                      v1::Status* reply) override {
    command = *request;
    reply->set_state(v1::Status::RUNNING);
    return grpc::Status::OK;
  }
  grpc::Status Explain(grpc::ServerContext*, const v1::ExplainRequest* request,
                       v1::Explanation* reply) override {
    explained = request->subject();
    *reply = explanation;
    return grpc::Status::OK;
  }
  grpc::Status GetCompletion(grpc::ServerContext*,
                             const v1::GetCompletionRequest* request,
                             v1::Provenance* reply) override {
    completion = *request;
    *reply = provenance;
    return grpc::Status::OK;
  }
  grpc::Status Generate(grpc::ServerContext*,
                        const v1::GenerateRequest* request,
                        v1::GenerateResponse* reply) override {
    generate = *request;
    if (refuses_generate) {
      return ToGrpcStatus(absl::InvalidArgumentError("turns: too long"));
    }
    *reply = generated;
    return grpc::Status::OK;
  }
  grpc::Status Watch(grpc::ServerContext*, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::Event>* writer) override {
    watch = *request;
    for (const v1::Event& event : events) {
      if (event.seq() > request->after_seq()) writer->Write(event);
    }
    return ends_with;
  }

  // What came.
  v1::EvaluateRequest evaluate;
  v1::DrainRequest drain;
  v1::RunCommand command;
  v1::GetCompletionRequest completion;
  v1::GenerateRequest generate;
  v1::WatchRequest watch;
  std::string explained = "never";
  int asked = 0;
  // What is answered.
  v1::Explanation explanation;
  v1::Provenance provenance;
  v1::GenerateResponse generated;
  bool refuses_generate = false;
  std::vector<v1::Event> events;
  grpc::Status ends_with = grpc::Status::OK;
};

class LearnerTest : public testing::Test {
 protected:
  LearnerTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("learner_test_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    server_ = *GrpcServer::Start({}, {&prompts_, &run_});
    session_.learner = server_->address();
    session_.out = &out_;
    session_.err = &err_;
  }
  ~LearnerTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& text) const {
    const auto path = folder_ / "file.jsonl";
    std::ofstream(path) << text;
    return path.string();
  }

  const std::filesystem::path folder_;
  FakePrompts prompts_;
  FakeRun run_;
  std::unique_ptr<GrpcServer> server_;
  std::ostringstream out_;
  std::ostringstream err_;
  Session session_;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_CLIENT_COMMAND_FAKE_LEARNER_H_
