#include "server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace fovea::compare {
namespace {

using nlohmann::json;

Pass parse_pass(const std::string& name) {
  if (name == "forward") return Pass::forward;
  if (name == "backward_data") return Pass::backward_data;
  if (name == "backward_filter") return Pass::backward_filter;
  throw std::runtime_error("unknown pass " + name);
}

ConvProblem parse_conv2d(const json& request) {
  const auto field = [&](const char* name) { return request.at(name).get<std::int64_t>(); };
  return {.n = field("n"),
          .c = field("c"),
          .h = field("h"),
          .w = field("w"),
          .k = field("k"),
          .r = field("r"),
          .s = field("s"),
          .stride = field("stride"),
          .pad = field("pad"),
          .groups = field("groups"),
          .pass = parse_pass(request.at("pass")),
          .precision = request.at("precision")};
}

/// 64 values spread over the result.
json probes_of(const std::vector<float>& result) {
  json probes = json::array();
  for (std::uint64_t i = 0; i < 64; ++i) probes.push_back(result[i * 829260007U % result.size()]);
  return probes;
}

class Session {
 public:
  explicit Session(const Library& library) : library_(library) {}

  json answer(const json& request) {
    const std::string what = request.at("do");
    if (what == "prepare") return prepare(request);
    if (what == "time") return time(request.at("contender"), request.at("seconds"));
    throw std::runtime_error("unknown request " + what);
  }

 private:
  json prepare(const json& request) {
    contenders_.clear();  // before the next operands are made: two sets would double the memory
    double operations = 0;
    if (request.at("op") == "conv2d") {
      const ConvProblem problem = parse_conv2d(request);
      operations = problem.operations();
      if (library_.conv2d) contenders_ = library_.conv2d(problem);
    } else {
      const MatmulProblem problem{.size = request.at("size"), .precision = request.at("precision")};
      operations = problem.operations();
      if (library_.matmul) contenders_ = library_.matmul(problem);
    }
    json described = json::array();
    for (const Contender& contender : contenders_) {
      contender.run();
      described.push_back({{"name", contender.name}, {"detail", contender.detail}, {"probes", probes_of(contender.result())}});
    }
    return {{"operations", operations}, {"contenders", described}};
  }

  /// The median of at least three runs that last `seconds` together, after one that wakes the threads and fills the caches. What is slow
  /// gets fewer.
  json time(std::size_t index, double seconds) const {
    using Clock = std::chrono::steady_clock;
    const Contender& contender = contenders_.at(index);
    contender.run();
    std::vector<double> runs;
    double total = 0;
    while (total < seconds || (runs.size() < 3 && total < kEnoughSeconds)) {
      const Clock::time_point start = Clock::now();
      contender.run();
      runs.push_back(std::chrono::duration<double>(Clock::now() - start).count());
      total += runs.back();
    }
    std::nth_element(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2), runs.end());
    return {{"seconds", runs[runs.size() / 2]}, {"runs", runs.size()}};
  }

  static constexpr double kEnoughSeconds = 1;
  const Library& library_;
  std::vector<Contender> contenders_;
};

}  // namespace

int serve(const Library& library) {
  std::cout << json{{"library", library.name}, {"version", library.version}} << std::endl;
  Session session(library);
  for (std::string line; std::getline(std::cin, line);) {
    json reply;
    try {
      reply = session.answer(json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply << std::endl;
  }
  return 0;
}

}  // namespace fovea::compare
