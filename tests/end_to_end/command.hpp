// Running the built command.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

struct CommandResult {
  int code = -1;  ///< exit status; -1 when the command did not end by itself
  std::string out, err;
};

inline std::string shell_quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Runs `fovea words...` in `folder`, with pipes instead of a terminal.
inline CommandResult fovea_command(const std::vector<std::string>& words, const std::filesystem::path& folder = ".") {
  const TemporaryFolder output;
  std::string line = "cd " + shell_quoted(folder.string()) + " && " + shell_quoted(FOVEA_COMMAND);
  for (const std::string& word : words) line += " " + shell_quoted(word);
  line += " </dev/null >" + shell_quoted((output / "out").string()) + " 2>" + shell_quoted((output / "err").string());
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text_file(output / "out"), read_text_file(output / "err")};
}

}  // namespace fovea::test
