#include "fovea/training/state_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "fovea/base/checksum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/interchange/safetensors.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFormatVersion = "1";
constexpr const char* kFormatKey = "fovea.state_version";
constexpr const char* kWrittenByKey = "fovea.version";
constexpr const char* kValuesKey = "fovea.values";

/// The last bytes of a state file.
struct Footer {
  char magic[8] = {'f', 'o', 'v', 'S', 't', 'a', 't', 'e'};
  std::uint64_t bytes = 0;  // before the footer
  std::uint64_t checksum = 0;
};
static_assert(sizeof(Footer) == 24);

std::string_view bytes_of(const auto& object) { return {reinterpret_cast<const char*>(&object), sizeof object}; }

/// The part of the file before the footer, known to be as it was written.
std::span<const std::uint8_t> checked_payload(const std::vector<std::uint8_t>& file, const std::string& where) {
  if (file.size() < sizeof(Footer)) throw FileError(where, fmt::format("is cut short: it has {} bytes", file.size()));
  const std::size_t bytes = file.size() - sizeof(Footer);
  Footer found;
  std::memcpy(&found, file.data() + bytes, sizeof found);
  if (std::memcmp(found.magic, Footer().magic, sizeof found.magic) != 0 || found.bytes != bytes)
    throw FileError(where, "is no state of a training, or is cut short or damaged at its end");
  Checksum sum;
  sum.add({reinterpret_cast<const char*>(file.data()), bytes});
  sum.add(bytes_of(found.bytes));
  if (sum.value() != found.checksum) throw FileError(where, "is damaged: its checksum does not fit its content");
  return {file.data(), bytes};
}

/// Locks are the kernel's: they end with the process, however it ends.
int lock_folder(const fs::path& folder) {
  const fs::path file = folder / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw FileError(file.string(), fmt::format("cannot be opened: {}", std::strerror(errno)));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor);
    throw FileError(folder.string(), "is in use: another process trains there");
  }
  return descriptor;
}

constexpr const char* kLatest = "latest.state";
constexpr const char* kPrevious = "previous.state";

}  // namespace

void write_state_file(const fs::path& path, const TrainingState& state) {
  SafetensorsFile file;
  file.metadata = {{kFormatKey, kFormatVersion},
                   {kWrittenByKey, version()},
                   {kValuesKey, Json(state.values).dump(-1, ' ', false, Json::error_handler_t::replace)}};
  for (const auto& [name, tensor] : state.tensors) file.tensors.push_back({name, tensor});
  FileWriter writer(path);
  Footer footer;
  Checksum sum;
  write_safetensors(file, [&](std::string_view bytes) {
    writer.append(bytes);
    sum.add(bytes);
    footer.bytes += bytes.size();
  });
  sum.add(bytes_of(footer.bytes));
  footer.checksum = sum.value();
  writer.append(bytes_of(footer));
  writer.commit();
}

TrainingState read_state_file(const fs::path& path) {
  const std::string where = path.string();
  const std::vector<std::uint8_t> bytes = read_file(path);
  SafetensorsFile file = parse_safetensors(checked_payload(bytes, where), where);
  const std::string& format = file.metadata[kFormatKey];
  if (format != kFormatVersion)
    throw FileError(where, fmt::format("is a state of format \"{}\", written by fovea {}; this one ({}) reads format {}", format,
                                       file.metadata[kWrittenByKey], version(), kFormatVersion));
  TrainingState state;
  state.values = parse_json(file.metadata[kValuesKey], where).get<std::map<std::string, Json>>();
  for (NamedTensor& entry : file.tensors) state.tensors.emplace(std::move(entry.name), std::move(entry.tensor));
  return state;
}

StateFolder::StateFolder(fs::path folder) : latest_(folder / kLatest), previous_(folder / kPrevious) {
  make_folder(folder);
  lock_ = lock_folder(folder);
  remove_unfinished_files(folder);
}

StateFolder::~StateFolder() { ::close(lock_); }

bool StateFolder::holds_state(const fs::path& folder) { return fs::exists(folder / kLatest) || fs::exists(folder / kPrevious); }

void StateFolder::save(const TrainingState& state) {
  // Under a name of its own first: there is no moment without a whole file.
  const fs::path next = latest_.parent_path() / "next.state";
  write_state_file(next, state);
  if (latest_is_whole_) replace_file(latest_, previous_);
  replace_file(next, latest_);
  latest_is_whole_ = true;
}

StateFolder::Loaded StateFolder::load() {
  try {
    Loaded loaded{.state = read_state_file(latest_), .file = latest_, .warning = {}};
    latest_is_whole_ = true;
    return loaded;
  } catch (const FileError& latest) {
    try {
      return {.state = read_state_file(previous_), .file = previous_, .warning = latest.what()};
    } catch (const FileError& previous) {
      throw FileError(latest_.parent_path().string(), fmt::format("holds no whole state:\n  {}\n  {}", latest.what(), previous.what()));
    }
  }
}

}  // namespace fovea
