/* A scripted libnvidia-ml.so.1 for the tests: the entries that the real nvidia-ml-py binding calls,
 * answering from the text file named by FAKE_NVML, which may change while it runs.
 *
 *   driver 575.57.08 | cuda 12090 | init !9 | init hang   (driver-wide; "!9": NVML return code 9)
 *   card 3 uuid GPU-...                                    (text: uuid name serial pci vbios)
 *   card 3 temperature 71                                  (a number, of the keys in KEYS)
 *   card 3 temperature !3 | hang | stuck | crash           ("all" for every call on the card)
 *   mig 3 0 uuid MIG-... | mig 3 0 name ... | mig 3 0 memory_used 5
 *   process 3 4242 1048576                                 (card, pid, bytes; "process 3.0 ..." on MIG)
 *   event 7 3 8 79                                         (serial, card, type, data)
 *
 * A key that the script does not set is not supported (return code 3). "hang" sleeps for ever,
 * "stuck" also through SIGTERM, like a process in an uninterruptible sleep.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7,
       TIMEOUT = 10 };
enum { CARDS = 32, SLICES = 8, PROCESSES = 64, EVENTS = 64, HANG = -1, STUCK = -2, CRASH = -3 };

#define KEYS(X) \
    X(all) X(utilisation) X(memory_utilisation) X(encoder) X(decoder) X(memory_total) \
    X(memory_used) X(temperature) X(slowdown) X(shutdown) X(memory_max) X(sm_clock) X(memory_clock) \
    X(reasons) X(pstate) X(fan) X(generation) X(width) X(generation_max) X(width_max) X(limit) \
    X(limit_max) X(power) X(links) X(active_links) X(architecture) X(mig) X(pcie_tx_kb) \
    X(pcie_rx_kb) X(processes) X(events) X(handle) X(newest_field)
#define NAME(key) K_##key,
enum { KEYS(NAME) KEY_COUNT };
#undef NAME
#define NAME(key) #key,
static const char *const KEY_NAMES[] = {KEYS(NAME)};

typedef struct { int code; long long value; } Answer; /* code below 0: HANG, STUCK, CRASH */
typedef struct { int id; unsigned type; Answer answer; } Field;
typedef struct { unsigned pid; unsigned long long used; int slice; } Process;
typedef struct Device {
    int card, slice, present;
    char uuid[96], name[96], serial[30], pci[32], vbios[32];
    Answer answers[KEY_COUNT];
    Field fields[64];
    int field_count;
} Device;

static Device cards[CARDS], slices[CARDS][SLICES];
static Process processes[CARDS][PROCESSES];
static int process_counts[CARDS];
static struct { long long serial; int card; unsigned long long type, data; } events[EVENTS];
static int event_count, initialised, init_code;
static long long delivered;
static char driver[80];
static int cuda;
static struct timespec loaded_at;
static ino_t loaded_inode;

static Answer parse(const char *text)
{
    Answer answer = {SUCCESS, 0};
    if (*text == '!') answer.code = atoi(text + 1);
    else if (!strcmp(text, "hang")) answer.code = HANG;
    else if (!strcmp(text, "stuck")) answer.code = STUCK;
    else if (!strcmp(text, "crash")) answer.code = CRASH;
    else answer.value = strtoll(text, NULL, 0);
    return answer;
}

static void set(Device *device, const char *key, const char *text)
{
    int id;
    unsigned type;
    if (!strcmp(key, "uuid")) { snprintf(device->uuid, sizeof device->uuid, "%.95s", text); device->present = 1; }
    else if (!strcmp(key, "name")) snprintf(device->name, sizeof device->name, "%.95s", text);
    else if (!strcmp(key, "serial")) snprintf(device->serial, sizeof device->serial, "%.29s", text);
    else if (!strcmp(key, "pci")) snprintf(device->pci, sizeof device->pci, "%.31s", text);
    else if (!strcmp(key, "vbios")) snprintf(device->vbios, sizeof device->vbios, "%.31s", text);
    else if (sscanf(key, "field.%d.%u", &id, &type) == 2) {
        Field field = {id, type, parse(text)};
        device->fields[device->field_count++] = field;
    } else
        for (int i = 0; i < KEY_COUNT; i++)
            if (!strcmp(key, KEY_NAMES[i])) device->answers[i] = parse(text);
}

static void clear(Device *device, int card, int slice)
{
    memset(device, 0, sizeof *device);
    device->card = card;
    device->slice = slice;
    for (int i = 0; i < KEY_COUNT; i++) device->answers[i].code = NOT_SUPPORTED;
    device->answers[K_all].code = device->answers[K_handle].code = SUCCESS;
}

static void load(void)
{
    const char *path = getenv("FAKE_NVML");
    struct stat now;
    char line[512], key[64], text[256];
    int card, slice, position;
    if (!path || stat(path, &now)) { init_code = 9; return; }
    if (now.st_ino == loaded_inode && now.st_mtim.tv_nsec == loaded_at.tv_nsec
        && now.st_mtim.tv_sec == loaded_at.tv_sec) return;
    FILE *file = fopen(path, "r");
    if (!file) return;
    loaded_inode = now.st_ino;
    loaded_at = now.st_mtim;
    for (card = 0; card < CARDS; card++) {
        clear(&cards[card], card, -1);
        process_counts[card] = 0;
        for (slice = 0; slice < SLICES; slice++) clear(&slices[card][slice], card, slice);
    }
    event_count = init_code = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "driver %79s", driver) == 1 || sscanf(line, "cuda %d", &cuda) == 1
            || sscanf(line, "init !%d", &init_code) == 1) continue;
        if (!strcmp(line, "init hang")) init_code = HANG;
        position = 0;
        if (sscanf(line, "card %d %63s %n", &card, key, &position) == 2 && position) {
            snprintf(text, sizeof text, "%.250s", line + position);
            set(&cards[card], key, text);
        } else if (sscanf(line, "mig %d %d %63s %n", &card, &slice, key, &position) == 3 && position) {
            snprintf(text, sizeof text, "%.250s", line + position);
            set(&slices[card][slice], key, text);
        } else if (!strncmp(line, "process ", 8)) {
            Process process = {0, 0, -1};
            if (sscanf(line, "process %d.%d %u %llu", &card, &process.slice, &process.pid, &process.used) < 3) {
                process.slice = -1;
                sscanf(line, "process %d %u %llu", &card, &process.pid, &process.used);
            }
            processes[card][process_counts[card]++] = process;
        } else if (!strncmp(line, "event ", 6)) {
            sscanf(line, "event %lld %d %llu %llu", &events[event_count].serial, &events[event_count].card,
                   &events[event_count].type, &events[event_count].data);
            event_count++;
        }
    }
    fclose(file);
}

/* What the script says about this call, after doing it where it is a misdeed. */
static int act(Answer answer)
{
    switch (answer.code) {
    case STUCK:
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    case HANG:
        for (;;) pause();
    case CRASH:
        raise(SIGSEGV);
    }
    return answer.code;
}

static int enter(Device *device, int key, long long *value)
{
    load();
    if (!initialised) return UNINITIALIZED;
    if (init_code) return init_code;
    int code = act(device->answers[K_all]);
    if (!code) code = act(device->answers[key]);
    if (!code && value) *value = device->answers[key].value;
    return code;
}

static int number(Device *device, int key, unsigned *out)
{
    long long value = 0;
    int code = enter(device, key, &value);
    if (!code) *out = (unsigned)value;
    return code;
}

static int text(Device *device, const char *from, char *out, unsigned length)
{
    int code = enter(device, K_handle, NULL);
    if (code) return code;
    if (!*from) return NOT_SUPPORTED;
    snprintf(out, length, "%s", from);
    return SUCCESS;
}

int nvmlInitWithFlags(unsigned flags)
{
    Answer answer = {0, 0};
    (void)flags;
    load();
    answer.code = init_code;
    initialised = !act(answer);
    return init_code;
}

int nvmlShutdown(void) { initialised = 0; return SUCCESS; }
int nvmlSystemGetDriverVersion(char *out, unsigned length) { snprintf(out, length, "%s", driver); return SUCCESS; }
int nvmlSystemGetCudaDriverVersion_v2(int *out) { *out = cuda; return SUCCESS; }

int nvmlDeviceGetCount_v2(unsigned *count)
{
    load();
    if (init_code) return init_code;
    for (*count = 0; *count < CARDS && cards[*count].present; ++*count) { }
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **out)
{
    *out = &cards[index];
    return enter(*out, K_handle, NULL);
}

int nvmlDeviceGetUUID(Device *d, char *out, unsigned n) { return text(d, d->uuid, out, n); }
int nvmlDeviceGetName(Device *d, char *out, unsigned n) { return text(d, d->name, out, n); }
int nvmlDeviceGetSerial(Device *d, char *out, unsigned n) { return text(d, d->serial, out, n); }
int nvmlDeviceGetVbiosVersion(Device *d, char *out, unsigned n) { return text(d, d->vbios, out, n); }

typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
int nvmlDeviceGetPciInfo_v3(Device *d, Pci *out) { memset(out, 0, sizeof *out); return text(d, d->pci, out->bus_id, 32); }

typedef struct { unsigned gpu, memory; } Utilisation;
int nvmlDeviceGetUtilizationRates(Device *d, Utilisation *out)
{
    int code = number(d, K_utilisation, &out->gpu);
    return code ? code : number(d, K_memory_utilisation, &out->memory);
}

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
int nvmlDeviceGetMemoryInfo_v2(Device *d, Memory *out)
{
    long long total = 0, used = 0;
    int code = enter(d, K_memory_total, &total);
    if (!code) code = enter(d, K_memory_used, &used);
    out->total = total;
    out->used = used;
    out->reserved = total > used ? (total - used) / 16 : 0;
    out->free = total - used - out->reserved;
    return code;
}

int nvmlDeviceGetTemperature(Device *d, unsigned sensor, unsigned *out) { (void)sensor; return number(d, K_temperature, out); }
int nvmlDeviceGetTemperatureThreshold(Device *d, unsigned which, unsigned *out)
{
    return number(d, which == 0 ? K_shutdown : which == 1 ? K_slowdown : K_memory_max, out);
}
int nvmlDeviceGetClockInfo(Device *d, unsigned kind, unsigned *out) { return number(d, kind == 1 ? K_sm_clock : K_memory_clock, out); }
int nvmlDeviceGetEncoderUtilization(Device *d, unsigned *out, unsigned *us) { *us = 0; return number(d, K_encoder, out); }
int nvmlDeviceGetDecoderUtilization(Device *d, unsigned *out, unsigned *us) { *us = 0; return number(d, K_decoder, out); }
int nvmlDeviceGetPerformanceState(Device *d, unsigned *out) { return number(d, K_pstate, out); }
int nvmlDeviceGetFanSpeed(Device *d, unsigned *out) { return number(d, K_fan, out); }
int nvmlDeviceGetPowerUsage(Device *d, unsigned *out) { return number(d, K_power, out); }
int nvmlDeviceGetEnforcedPowerLimit(Device *d, unsigned *out) { return number(d, K_limit, out); }
int nvmlDeviceGetPowerManagementLimitConstraints(Device *d, unsigned *low, unsigned *high) { *low = 0; return number(d, K_limit_max, high); }
int nvmlDeviceGetCurrPcieLinkGeneration(Device *d, unsigned *out) { return number(d, K_generation, out); }
int nvmlDeviceGetCurrPcieLinkWidth(Device *d, unsigned *out) { return number(d, K_width, out); }
int nvmlDeviceGetMaxPcieLinkGeneration(Device *d, unsigned *out) { return number(d, K_generation_max, out); }
int nvmlDeviceGetMaxPcieLinkWidth(Device *d, unsigned *out) { return number(d, K_width_max, out); }
int nvmlDeviceGetArchitecture(Device *d, unsigned *out) { return number(d, K_architecture, out); }
int nvmlDeviceGetPcieThroughput(Device *d, unsigned which, unsigned *out) { usleep(20000); return number(d, which ? K_pcie_rx_kb : K_pcie_tx_kb, out); }

int nvmlDeviceGetCurrentClocksEventReasons(Device *d, unsigned long long *out)
{
    long long value = 0;
    int code = enter(d, K_reasons, &value);
    *out = value;
    return code;
}

int nvmlDeviceGetNvLinkState(Device *d, unsigned link, unsigned *out)
{
    int code = number(d, K_active_links, out);
    *out = link < *out;
    return code;
}

typedef struct { unsigned id, scope; long long at, latency; unsigned type, code; union { double d; unsigned u; unsigned long long ull; } value; } FieldValue;
int nvmlDeviceGetFieldValues(Device *d, int count, FieldValue *values)
{
    int code = enter(d, K_handle, NULL);
    if (code) return code;
    for (int i = 0; i < count; i++)
        if (!d->answers[K_newest_field].code && values[i].id > d->answers[K_newest_field].value)
            return INVALID; /* a driver that is older than the field */
    for (int i = 0; i < count; i++) {
        values[i].code = NOT_SUPPORTED;
        for (int f = 0; f < d->field_count; f++)
            if (d->fields[f].id == (int)values[i].id) {
                values[i].type = d->fields[f].type;
                values[i].code = act(d->fields[f].answer);
                values[i].value.ull = 0xAAAAAAAA00000000ull; /* what a wrong union member would show */
                if (values[i].type == 1) values[i].value.u = (unsigned)d->fields[f].answer.value;
                else if (values[i].type == 0) values[i].value.d = (double)d->fields[f].answer.value;
                else values[i].value.ull = d->fields[f].answer.value;
            }
    }
    return SUCCESS;
}

int nvmlDeviceGetMigMode(Device *d, unsigned *current, unsigned *pending)
{
    int code = number(d, K_mig, current);
    *pending = *current;
    return code;
}

int nvmlDeviceGetMaxMigDeviceCount(Device *d, unsigned *out) { *out = SLICES; return enter(d, K_handle, NULL); }
int nvmlDeviceGetMigDeviceHandleByIndex(Device *d, unsigned index, Device **out)
{
    int code = enter(d, K_handle, NULL);
    *out = &slices[d->card][index];
    return code ? code : (*out)->present ? SUCCESS : NOT_FOUND;
}

typedef struct { unsigned pid; unsigned long long used; unsigned gpu, compute; } ProcessInfo;
int nvmlDeviceGetComputeRunningProcesses_v3(Device *d, unsigned *count, ProcessInfo *out)
{
    unsigned found = 0, room = *count;
    int code = enter(d, K_handle, NULL);
    if (!code && d->answers[K_processes].code != NOT_SUPPORTED) code = act(d->answers[K_processes]);
    if (code) return code;
    for (int i = 0; i < process_counts[d->card]; i++) {
        Process *p = &processes[d->card][i];
        if (d->slice >= 0 && p->slice != d->slice) continue;
        if (out && found < room) {
            ProcessInfo info = {p->pid, p->used, ~0u, ~0u};
            out[found] = info;
        }
        found++;
    }
    *count = found;
    return found > room ? TOO_SMALL : SUCCESS;
}

int nvmlEventSetCreate(void **out)
{
    static int the_set;
    load();
    *out = &the_set;
    for (int i = 0; i < event_count; i++) /* events from before are not delivered */
        if (events[i].serial > delivered) delivered = events[i].serial;
    return SUCCESS;
}

int nvmlDeviceGetSupportedEventTypes(Device *d, unsigned long long *out)
{
    unsigned types = 0;
    int code = number(d, K_events, &types);
    *out = types;
    return code;
}

int nvmlDeviceRegisterEvents(Device *d, unsigned long long types, void *set) { (void)types; (void)set; return enter(d, K_handle, NULL); }

typedef struct { Device *device; unsigned long long type, data; unsigned gpu, compute; } EventData;
int nvmlEventSetWait_v2(void *set, EventData *out, unsigned ms)
{
    (void)set; (void)ms;
    load();
    if (init_code) return init_code;
    for (int i = 0; i < event_count; i++)
        if (events[i].serial > delivered) {
            EventData data = {&cards[events[i].card], events[i].type, events[i].data, ~0u, ~0u};
            delivered = events[i].serial;
            *out = data;
            return SUCCESS;
        }
    return TIMEOUT;
}
