// Appends leaves to a Tessera log on the POSIX driver and waits until the published checkpoint covers them all.
//
// The peer of our audit service's bench: the same number and size of leaves, the same longest wait for a batch. The
// driver syncs what it writes before it publishes (storage/posix/files.go), as our database's journal does.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	leaves := flag.Int("leaves", 10_000, "how many leaves")
	size := flag.Int("leaf-bytes", 700, "bytes of each")
	batch := flag.Uint("batch-size", 5_000, "most leaves in a batch")
	age := flag.Duration("batch-age", 250*time.Millisecond, "longest wait for a batch")
	dir := flag.String("dir", "", "empty folder for the log; on the disk that is measured")
	flag.Parse()
	if *dir == "" {
		log.Fatal("-dir is needed")
	}
	if err := run(*leaves, *size, *batch, *age, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(leaves, size int, batch uint, age time.Duration, dir string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	key, _, err := note.GenerateKey(rand.Reader, "bench.local/tessera")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(key)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return err
	}
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(batch, age).
		WithPushback(uint(leaves)+1))
	if err != nil {
		return err
	}
	contents := make([][]byte, leaves)
	for i := range contents {
		contents[i] = make([]byte, size)
		if _, err := rand.Read(contents[i]); err != nil {
			return err
		}
	}
	began := time.Now()
	futures := make([]tessera.IndexFuture, leaves)
	for i, content := range contents {
		futures[i] = appender.Add(ctx, tessera.NewEntry(content))
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 5*time.Millisecond)
	var last tessera.Index
	for _, future := range futures {
		index, err := future()
		if err != nil {
			return err
		}
		if index.Index >= last.Index {
			last = index
		}
	}
	if _, _, err := awaiter.Await(ctx, func() (tessera.Index, error) { return last, nil }); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	if err := shutdown(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"leaves": leaves, "seconds": seconds, "leaves_per_second": float64(leaves) / seconds,
		"batch_age_ms": age.Milliseconds(), "version": version(),
	})
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasSuffix(module.Path, "/tessera") {
				return module.Version
			}
		}
	}
	return ""
}
