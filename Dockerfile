# The image of nginx-meter: the Node binary, its few libraries and dist/, which has the packages it uses
# in it; no shell, no package manager. For amd64 and arm64, with BuildKit or the classic builder.
#   docker build --tag nginx-meter .
# Renovate adds the digest to each tag (renovate.json).

# dist/ from the sources; the compiler is a development package.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
ENV npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts/build.ts ./scripts/
COPY src ./src
RUN npm run --silent build

# The root of the final image, put together here because nothing can be run in an empty one.
# ldd names the libraries of whatever architecture this is built on; getaddrinfo() loads what the
# C library still has outside of itself (libnss_*, libresolv) by name, so ldd does not know of it.
FROM node:24-bookworm-slim AS root
COPY --from=build /build/dist /root-fs/app/dist
COPY package.json LICENSE /root-fs/app/
# Every file gets this time, and modes that do not depend on the umask of whoever checked the sources
# out: the same sources give the same layers, bit for bit. It is in a file, too, because to the builder's
# cache files that differ in their times alone are the same.
ARG SOURCE_DATE_EPOCH=0
RUN set -eu; \
    loader_and_libraries=$(ldd /usr/local/bin/node | grep -o '/[^ ]*'); \
    late=$(for library in $loader_and_libraries; do \
      ls "${library%/*}"/libresolv.so.2 "${library%/*}"/libnss_dns.so.2 \
         "${library%/*}"/libnss_files.so.2 2>/dev/null || true; done | sort -u); \
    cp --parents --dereference $loader_and_libraries $late /usr/local/bin/node /root-fs; \
    mkdir -p /root-fs/etc /root-fs/tmp /root-fs/var/lib/nginx-meter /root-fs/usr/local/bin; \
    sed -i '1s|^#!.*|#!/usr/local/bin/node|' /root-fs/app/dist/main.js; \
    chmod -R u=rwX,go=rX /root-fs; \
    chmod 0755 /root-fs/app/dist/main.js; \
    ln -s /app/dist/main.js /root-fs/usr/local/bin/nginx-meter; \
    echo 'hosts: files dns' >/root-fs/etc/nsswitch.conf; \
    echo 'nginx-meter:x:65532:65532::/app:/sbin/nologin' >/root-fs/etc/passwd; \
    echo 'nginx-meter:x:65532:' >/root-fs/etc/group; \
    echo "$SOURCE_DATE_EPOCH" >/root-fs/app/source-date-epoch; \
    chmod 1777 /root-fs/tmp; \
    chown 65532:65532 /root-fs/var/lib/nginx-meter; \
    chmod 0700 /root-fs/var/lib/nginx-meter; \
    find /root-fs -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
# Fails here, and not on somebody's server, when a library is missing or a file cannot be read.
RUN chroot --userspec=65532:65532 /root-fs /usr/local/bin/node /app/dist/main.js --version

FROM scratch
COPY --from=root /root-fs/ /
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nginx-meter" \
      org.opencontainers.image.description="Follows nginx's access log and turns it into live metrics in InfluxDB, every line counted exactly once" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="scratch"
ENV NODE_ENV=production \
    PATH=/usr/local/bin \
    STATE_DIR=/var/lib/nginx-meter
WORKDIR /app
# Numeric, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
# Checkpoint and spool. Without a volume they last as long as the container.
VOLUME /var/lib/nginx-meter
EXPOSE 9145
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/node", "/app/dist/main.js", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/main.js"]
