// Ranges of pages, cut and joined: the part of the memory pool that knows addresses.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace fovea {

/// Where a pool takes its pages from. Addresses come first, without memory behind them, so that memory which is asked for later can be the
/// neighbour of what is there. Thread-safety is the pool's.
class PageSource {
 public:
  struct Addresses {
    std::byte* first = nullptr;  ///< aligned to kHugePage; null when there are none
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  virtual ~PageSource() = default;
  /// At least `bytes` bytes of addresses; more where they cost nothing. Here and below, sizes are multiples of kHugePage.
  virtual Addresses reserve(std::size_t bytes) = 0;
  virtual void unreserve(Addresses addresses) noexcept = 0;
  /// Puts zeroed memory behind reserved addresses. False when there is no more.
  virtual bool commit(std::byte* pages, std::size_t bytes) = 0;
  /// Takes it away again; the addresses stay reserved.
  virtual void decommit(std::byte* pages, std::size_t bytes) noexcept = 0;
};

/// Anonymous pages of the system, with the advice to use huge ones, which makes 512 page faults one.
class SystemPages final : public PageSource {
 public:
  Addresses reserve(std::size_t bytes) override;
  void unreserve(Addresses addresses) noexcept override;
  bool commit(std::byte* pages, std::size_t bytes) override;
  void decommit(std::byte* pages, std::size_t bytes) noexcept override;
};

/// Ranges of whole pages out of few large reservations. A request is cut from the lowest free range that holds it; what is given back
/// joins its free neighbours. When nothing fits, memory is added behind the free range that then needs the least of it. So what is
/// mapped stays close to the most that was ever in use at once, whatever the sizes. (First fit: on recorded training steps the tightest
/// fit mapped up to a tenth more, since it fills the gap that a workspace left with what stays.)
class PageRanges {
 public:
  static constexpr std::size_t kPage = 4096;

  explicit PageRanges(PageSource& source) : source_(source) {}
  /// Everything goes back, unless a range is still in use: then all addresses stay.
  ~PageRanges();
  PageRanges(const PageRanges&) = delete;
  PageRanges& operator=(const PageRanges&) = delete;

  /// `bytes` bytes, a multiple of kPage, from what is free; null when no free range holds them.
  std::byte* take(std::size_t bytes);
  /// The same with more memory from the source; null when that has none.
  std::byte* grow(std::size_t bytes);
  /// Frees a range that was taken.
  void give(std::byte* pages, std::size_t bytes);
  /// Gives the huge pages of free ranges back to the source, largest ranges first, until at least `bytes` bytes have gone or none is left.
  void discard(std::size_t bytes);

  std::size_t committed() const { return committed_; }  ///< bytes with memory behind them, free or not
  std::size_t free() const { return free_bytes_; }      ///< those of them that nobody uses

 private:
  using Ranges = std::map<std::byte*, std::size_t>;  ///< from the first byte to the length; neighbours are joined
  struct Growth {
    std::byte* first;   ///< of the range that is made: a free one's, or where absent memory begins
    std::size_t there;  ///< bytes of it that have memory already
  };

  std::optional<Growth> cheapest_growth(std::size_t bytes) const;
  bool reserve(std::size_t bytes);
  static void insert(Ranges& ranges, std::byte* first, std::size_t bytes);
  std::byte* cut(Ranges::iterator range, std::size_t bytes);

  PageSource& source_;
  std::vector<PageSource::Addresses> reserved_;
  Ranges absent_;  ///< reserved addresses without memory; whole huge pages
  Ranges free_;    ///< with memory, used by nobody
  std::size_t committed_ = 0, free_bytes_ = 0;
};

}  // namespace fovea
