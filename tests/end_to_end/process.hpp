// Running the built command so that it can be interrupted.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "command.hpp"

namespace fovea::test {

/// `fovea words...` running in `folder`; what it says goes to files there.
class Process {
 public:
  /// No file of the process may grow beyond `file_limit` bytes: a full disk.
  Process(const std::vector<std::string>& words, const std::filesystem::path& folder, rlim_t file_limit = RLIM_INFINITY) : folder_(folder) {
    std::vector<std::string> copies = words;
    copies.insert(copies.begin(), FOVEA_COMMAND);
    std::vector<char*> arguments;
    for (std::string& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string err = (folder / "process.err").string();
    const int file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    id_ = ::fork();
    if (id_ != 0) {
      ::close(file);
      return;
    }
    ::dup2(file, STDERR_FILENO);
    ::dup2(file, STDOUT_FILENO);
    const rlimit limit{file_limit, RLIM_INFINITY};
    if (file_limit != RLIM_INFINITY) ::setrlimit(RLIMIT_FSIZE, &limit);
    if (::chdir(folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Process() {
    if (id_ > 0) {
      send(SIGKILL);
      wait();
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const { ::kill(id_, signal); }
  /// The exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string said() const { return read_text_file(folder_ / "process.err"); }
  /// Until `condition()` holds; false when that takes longer than a minute.
  template <typename Condition>
  static bool wait_until(const Condition& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  /// Until it has said `text`; false when that takes longer than a minute.
  bool wait_until_it_says(const std::string& text) const {
    return wait_until([&] { return said().find(text) != std::string::npos; });
  }

 private:
  std::filesystem::path folder_;
  pid_t id_ = -1;
};

}  // namespace fovea::test
